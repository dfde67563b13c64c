import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..", "..");
/** All that the build reads. */
const READ = [
  "f",
  "flows",
  "resources",
  "sql",
  "local/build",
  "local/dbt",
  "local/demo/compiled",
  "local/python_environment.ts",
  "local/duckdb_warehouse",
  "local/windmill_parser.ts",
  "package.json",
  "package-lock.json",
];
const FLOW = "f/reverse_etl/hubspot_contacts__flow/flow.yaml";
const SCHEDULE = "f/reverse_etl/hubspot_contacts_daily.schedule.yaml";

let pristine: string;
let root: string;

beforeAll(async () => {
  pristine = join(mkdtempSync(join(tmpdir(), "tailrace-build-")), "repository");
  for (const path of READ) cpSync(join(ROOT, path), join(pristine, path), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(pristine, "node_modules"));
  root = pristine;
  await build();
});

beforeEach(() => {
  root = join(mkdtempSync(join(tmpdir(), "tailrace-build-")), "repository");
  cpSync(pristine, root, { recursive: true, verbatimSymlinks: true });
  return () => rmSync(join(root, ".."), { recursive: true });
});

afterAll(() => rmSync(join(pristine, ".."), { recursive: true }));

interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs the command of `npm run build` on the copy. Whoever asked a registry would get no answer. */
function build(...args: string[]): Promise<Ended> {
  const nowhere = { HTTP_PROXY: "http://127.0.0.1:9", HTTPS_PROXY: "http://127.0.0.1:9" };
  const environment = { ...process.env, ...nowhere, NO_COLOR: "1", FORCE_COLOR: "0" };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--import", "tsx", "local/build/main.ts", ...args],
      { cwd: root, env: environment },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });
}

const read = (path: string) => readFileSync(join(root, path), "utf8");
const write = (path: string, content: string) => writeFileSync(join(root, path), content);
const edit = (path: string, from: string, to: string) => {
  expect(read(path)).toContain(from);
  write(path, read(path).replace(from, to));
};

function contents(): Readonly<Record<string, string>> {
  const files = readdirSync(join(root, "f"), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files.map(({ parentPath, name }) => [
      join(parentPath, name),
      readFileSync(join(parentPath, name), "utf8"),
    ]),
  );
}

describe("npm run build", () => {
  it("changes not a byte when nothing changed, and its check then passes in silence", async () => {
    const before = contents();
    expect(await build()).toEqual({ code: 0, output: "" });
    expect(contents()).toEqual(before);
    expect(await build("--check")).toEqual({ code: 0, output: "" });
  });

  it("puts a mapped property into the flow that one line of flows/ adds", async () => {
    const line =
      '      { destination_name: "favourite_genre", snowflake_name: "favourite_genre", type: "text" },';
    edit("flows/hubspot_contacts.ts", "    column_mappings: [\n", `    column_mappings: [\n${line}\n`);
    const before = read(FLOW);
    expect((await build("--check")).output).toContain(`stale ${FLOW}`);
    expect(read(FLOW)).toBe(before);
    expect((await build()).output).toContain(`wrote ${FLOW}`);
    expect(read(FLOW)).toContain("destination_name: favourite_genre");
    expect((await build("--check")).code).toBe(0);
  });

  it("writes nothing for a configuration with a mistake, and names the place", async () => {
    edit("flows/hubspot_contacts.ts", 'destination_name: "tier"', 'destination_name: "Tier!"');
    const before = contents();
    const { code, output } = await build();
    expect(code).toBe(1);
    expect(output).toMatch(
      /ASSET_GRAPH_INVALID: 1 problem .*\n +hubspot\/contacts: column_mappings\.8\.destination_name: must be/,
    );
    expect(contents()).toEqual(before);
  });

  it("writes a changed statement, and the flow, whose code versions the statement is part of", async () => {
    write("sql/run_start.sql", `${read("sql/run_start.sql")}\n-- changed\n`);
    const { output } = await build();
    expect(output).toContain("wrote f/reverse_etl/generated/sql.ts");
    expect(output).toContain(`wrote ${FLOW}`);
  });

  it("writes the sidecars of a script that is new, removes those of one that is gone, and leaves what it does not write", async () => {
    write("f/reverse_etl/sync/new_one.ts", "export const one = 1;\n");
    write("f/reverse_etl/by_hand.http_trigger.yaml", "script_path: f/reverse_etl/hubspot_contacts\n");
    rmSync(join(root, "f/reverse_etl/migrate.ts"));
    const { output } = await build();
    expect(output).toContain("wrote f/reverse_etl/sync/new_one.script.yaml");
    expect(output).toContain("wrote f/reverse_etl/sync/new_one.script.lock");
    expect(output).toContain("removed f/reverse_etl/migrate.script.yaml");
    expect(output).toContain("removed f/reverse_etl/migrate.script.lock");
    expect(existsSync(join(root, "f/reverse_etl/by_hand.http_trigger.yaml"))).toBe(true);
  });

  it("removes the flows and the schedule of a job that is gone, because a push would still deploy them", async () => {
    edit("flows/hubspot_contacts.ts", 'name: "hubspot_contacts",', 'name: "crm_contacts",');
    const { output } = await build();
    expect(output).toContain(`removed ${SCHEDULE}`);
    expect(existsSync(join(root, "f/reverse_etl/hubspot_contacts__flow"))).toBe(false);
    expect(existsSync(join(root, "f/reverse_etl/hubspot_contacts_migrate__flow"))).toBe(false);
    expect(read("f/reverse_etl/crm_contacts__flow/flow.yaml")).toContain("summary: crm_contacts");
  });
});

describe("npm run build -- --check", () => {
  it("names every stale file and every file that nothing declares any more, and writes nothing", async () => {
    write(FLOW, `${read(FLOW)}# edited by hand\n`);
    rmSync(join(root, "f/reverse_etl/hubspot.resource.yaml"));
    write("f/reverse_etl/old_weekly.schedule.yaml", "summary: old\n");
    edit("f/reverse_etl/generated/sql.ts", "export const SQL", "// edited\nexport const SQL");
    edit("f/reverse_etl/settle.script.yaml", "summary: ", "summary: Not ");
    edit("f/reverse_etl/settle.script.lock", "zod@", "zed@");
    rmSync(join(root, "f/reverse_etl/sync/run_id.ts"));
    edit(
      "f/reverse_etl/dbt_prep.ts",
      'import { currentRunId } from "./sync/run_id.ts";',
      "const currentRunId = (_: unknown) => '';",
    );
    const before = contents();
    const { code, output } = await build("--check");
    expect(code).toBe(1);
    expect(output).toContain(`stale ${FLOW}`);
    expect(output).toContain("stale f/reverse_etl/hubspot.resource.yaml");
    expect(output).toContain("stale f/reverse_etl/generated/sql.ts");
    expect(output).toContain("declared nowhere f/reverse_etl/old_weekly.schedule.yaml");
    expect(output).toContain("stale f/reverse_etl/settle.script.yaml");
    expect(output).toContain("stale f/reverse_etl/settle.script.lock");
    expect(output).toContain("declared nowhere f/reverse_etl/sync/run_id.script.yaml");
    expect(output).toContain("declared nowhere f/reverse_etl/sync/run_id.script.lock");
    expect(output).toContain("Run npm run build and commit what it changes.");
    expect(contents()).toEqual(before);
  });

  it("finds the flow stale when a step's source changed, because its code version did", async () => {
    write("f/reverse_etl/settle.ts", `${read("f/reverse_etl/settle.ts")}\n// changed\n`);
    expect((await build("--check")).output).toContain(`stale ${FLOW}`);
  });

  it("does not find it stale when only a package for development changed", async () => {
    const lock = JSON.parse(read("package-lock.json"));
    lock.packages["node_modules/vitest"].version = "9.9.9";
    write("package-lock.json", JSON.stringify(lock));
    expect((await build("--check")).code).toBe(0);
    lock.packages["node_modules/zod"].version = "9.9.9";
    write("package-lock.json", JSON.stringify(lock));
    const { output } = await build("--check");
    expect(output).toContain(`stale ${FLOW}`);
    expect(output).toContain("stale f/reverse_etl/sync/sync_config.script.lock");
    expect(output).not.toContain("sync/push.script.lock");
  });

  it("finds a secret in resources/ and never shows it", async () => {
    edit("resources/hubspot.resource.yaml", "$var:f/reverse_etl/hubspot_token", "pat-na1-0123456789");
    const { code, output } = await build("--check");
    expect(code).toBe(1);
    expect(output).toMatch(/^BUILD_RESOURCES: /);
    expect(output).toContain(
      "resources/hubspot.resource.yaml: value.token must be a reference such as $var:",
    );
    expect(output).not.toContain("0123456789");
  });
});
