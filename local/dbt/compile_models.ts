import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { runProcess } from "../../f/reverse_etl/dbt/run_process.ts";
import { COMPILED, type CompiledIndex, type CompiledNode } from "./compiled_index.ts";
import { DBT_PROJECT, hashOfSources, sha256 } from "./project.ts";

/** dbt-duckdb names the database after its file and writes it before every table; the compiled SQL has to fit any file. */
const DATABASE = "database_of_dbt_compile";

const manifestShape = z.object({
  nodes: z.record(
    z.string(),
    z.object({
      resource_type: z.string(),
      name: z.string(),
      schema: z.string(),
      alias: z.string(),
      original_file_path: z.string(),
      compiled_code: z.string().nullish(),
      depends_on: z.object({ nodes: z.array(z.string()).default([]) }),
      config: z.object({
        materialized: z.string(),
        severity: z
          .string()
          .transform((severity) => severity.toLowerCase())
          .optional(),
        fail_calc: z.string().optional(),
        warn_if: z.string().optional(),
        error_if: z.string().optional(),
        limit: z.number().nullish(),
      }),
    }),
  ),
});

type ManifestNode = z.output<typeof manifestShape>["nodes"][string];

/** Runs the real `dbt compile` on the demo's project and rewrites the compiled SQL and its index in `folder`. */
export async function compileModels(dbt: string, folder: string = COMPILED): Promise<CompiledIndex> {
  const manifest = manifestShape.parse(await manifestOf(dbt));
  const files: { name: string; text: string }[] = [];
  const nodes = inBuildOrder(manifest.nodes).map(([uniqueId, node], position): CompiledNode => {
    const name = `${String(position + 1).padStart(2, "0")}_${node.name}.sql`;
    const text = compiledText(node);
    files.push({ name, text });
    return describe(uniqueId, node, name, text);
  });
  const index = { sources: hashOfSources(), nodes };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { name, text } of files) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "index.json"), `${JSON.stringify(index, null, 2)}\n`);
  return index;
}

async function manifestOf(dbt: string): Promise<unknown> {
  const target = mkdtempSync(join(tmpdir(), "tailrace-dbt-compile-"));
  try {
    const args = ["--no-use-colors", "--log-path", target, "compile", "--target-path", target];
    const end = await runProcess(dbt, args, {
      cwd: DBT_PROJECT,
      environment: { ...process.env, TAILRACE_DUCKDB: join(target, `${DATABASE}.duckdb`) },
      timeoutMs: 120_000,
      graceMs: 2_000,
    });
    if (end.exitCode !== 0) throw new Error(`dbt compile failed:\n${end.stdout}${end.stderr}`);
    return JSON.parse(readFileSync(join(target, "manifest.json"), "utf8"));
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

/** Every node after what it reads; tests as early as they can be, because a failed one keeps dbt from building what follows. */
function inBuildOrder(nodes: Readonly<Record<string, ManifestNode>>): [string, ManifestNode][] {
  const rank = (node: ManifestNode) => (node.resource_type === "test" ? 0 : 1);
  const waiting = Object.entries(nodes).sort(
    ([idA, a], [idB, b]) => rank(a) - rank(b) || (idA < idB ? -1 : 1),
  );
  const ordered: [string, ManifestNode][] = [];
  while (waiting.length > 0) {
    const ready = waiting.findIndex(
      ([, node]) => !node.depends_on.nodes.some((parent) => waiting.some(([id]) => id === parent)),
    );
    if (ready < 0)
      throw new Error(`these dbt nodes depend on each other: ${waiting.map(([id]) => id).join(", ")}`);
    ordered.push(...waiting.splice(ready, 1));
  }
  return ordered;
}

function compiledText(node: ManifestNode): string {
  if (typeof node.compiled_code !== "string") throw new Error(`dbt compile wrote no SQL for ${node.name}`);
  const source = readFileSync(join(DBT_PROJECT, node.original_file_path), "utf8");
  const header = `-- Written by npm run dbt -- compile from sql/dbt/${node.original_file_path} (sha256 ${sha256(source)}); do not edit.\n`;
  return `${header}${node.compiled_code.trim().replaceAll(`${DATABASE}.`, "")}\n`;
}

function describe(uniqueId: string, node: ManifestNode, file: string, text: string): CompiledNode {
  const common = { uniqueId, file, sha256: sha256(text), parents: [...node.depends_on.nodes].sort() };
  const { materialized, severity, fail_calc, warn_if, error_if, limit } = node.config;
  if (node.resource_type === "model" && (materialized === "table" || materialized === "view")) {
    return { ...common, kind: "model", materialized, schema: node.schema, name: node.alias };
  }
  const isTest = node.resource_type === "test" && (limit ?? null) === null;
  if (isTest && (severity === "error" || severity === "warn") && fail_calc && warn_if && error_if) {
    return { ...common, kind: "test", severity, fail_calc, warn_if, error_if };
  }
  throw new Error(
    `${uniqueId} is a ${materialized} ${node.resource_type}; the compiled back end knows tables, views and tests without a limit`,
  );
}
