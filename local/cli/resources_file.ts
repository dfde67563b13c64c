import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { FOLDER } from "../build/compile_flows.ts";
import { isRecord } from "../flow_runner/job_result.ts";
import { MissingValue, readResource, type Workspace } from "../flow_runner/workspace_value.ts";
import { CliError } from "./cli_error.ts";

/** Looked for in the working directory; git ignores it. */
export const RESOURCES_FILE = "tailrace.resources.yaml";

const path = z
  .string()
  .regex(/^[fu](\/[A-Za-z0-9_]+){2,}$/, "must be a Windmill path such as f/reverse_etl/hubspot");
const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const fileShape = z.strictObject({
  /** By Windmill path; in place of those of `resources/`. */
  resources: z.record(path, z.record(z.string(), z.unknown())).default({}),
  /** By Windmill path: what `$var:` refers to, and `f/reverse_etl/environment`. */
  variables: z.record(path, scalar).default({}),
});

const resourceShape = z.object({ value: z.record(z.string(), z.unknown()) });
const REFERENCE = /^\$env:([A-Za-z_][A-Za-z0-9_]*)$/;
const ENDING = ".resource.yaml";

/** The resources and variables of a workspace as somebody wrote them; references stand as they are. */
export type ResourcesFile = Workspace;

/**
 * Reads the resources that are committed in `resources/` and, on top of them, a file with those of this machine.
 * Throws `CLI_RESOURCES` with every problem; no value is in it.
 */
export function readResourcesFile(file: string, root: string): ResourcesFile {
  if (!existsSync(file)) throw new CliError("CLI_RESOURCES", `${file} does not exist.`);
  const parsed = fileShape.safeParse(documentOf(file));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path: at, message }) => `  ${at.join(".") || "the file"}: ${message}`,
    );
    throw new CliError("CLI_RESOURCES", `${file} is not a file of resources:\n${problems.join("\n")}`);
  }
  return {
    resources: { ...committedResources(join(root, "resources")), ...parsed.data.resources },
    variables: parsed.data.variables,
  };
}

function committedResources(folder: string): Record<string, unknown> {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(ENDING)) : [];
  return Object.fromEntries(
    names.flatMap((name) => {
      const parsed = resourceShape.safeParse(documentOf(join(folder, name)));
      return parsed.success ? [[`${FOLDER}/${basename(name, ENDING)}`, parsed.data.value]] : [];
    }),
  );
}

function documentOf(file: string): unknown {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch {
    // What the parser says quotes the text around the place.
    throw new CliError("CLI_RESOURCES", `${file} is not YAML.`);
  }
}

/**
 * The resources at these paths with every `$var:`, `$res:` and `$env:` in them resolved, and every variable that can be.
 * Throws `CLI_RESOURCES` with all that is missing, by name.
 */
export function resolveResources(
  file: ResourcesFile,
  paths: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Workspace {
  const problems: string[] = [];
  const resources: Record<string, unknown> = {};
  for (const one of new Set(paths)) {
    const missing = new Set<string>();
    try {
      resources[one] = fromEnvironment(readResource(file, one), environment, missing);
    } catch (error) {
      if (!(error instanceof MissingValue)) throw error;
      problems.push(`${one}: ${error.message}`);
    }
    for (const name of missing) problems.push(`${one}: the environment variable ${name} is not set`);
  }
  if (problems.length > 0) {
    const lines = problems.map((problem) => `  ${problem}`).join("\n");
    throw new CliError("CLI_RESOURCES", `Resources cannot be read, so nothing was done:\n${lines}`);
  }
  const variables = Object.entries(file.variables).flatMap(([name, value]) => {
    const missing = new Set<string>();
    const resolved = fromEnvironment(value, environment, missing);
    return missing.size > 0 ? [] : [[name, String(resolved)] as const];
  });
  return { resources, variables: Object.fromEntries(variables) };
}

function fromEnvironment(
  value: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  missing: Set<string>,
): unknown {
  if (typeof value === "string") {
    const [, name] = REFERENCE.exec(value) ?? [];
    if (name === undefined) return value;
    const found = environment[name];
    if (found === undefined || found === "") missing.add(name);
    return found ?? "";
  }
  if (Array.isArray(value)) return value.map((item) => fromEnvironment(item, environment, missing));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, fromEnvironment(item, environment, missing)]),
  );
}
