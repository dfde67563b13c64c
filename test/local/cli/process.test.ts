import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { migrate } from "../../../f/reverse_etl/sync/migrate.ts";
import { loadJobs } from "../../../local/build/compile_flows.ts";
import { loadProject } from "../../../local/cli/project.ts";
import { openDuckdb } from "../../../local/duckdb_warehouse/duckdb_warehouse.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import { type Ended, ROOT } from "./cli_world.ts";

/** A start takes a second or two; on a machine that runs everything at once, many. */
const TIMEOUT = { timeout: 180_000 };
const BIN = join(ROOT, "local", "cli", "tailrace.mjs");

/** Runs the package's bin, which npx starts, with plain Node in another folder. */
function bin(cwd: string, ...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], { cwd }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

it(
  "the bin runs without a build step from any folder and gives the exit code and one document",
  TIMEOUT,
  async () => {
    const cwd = temporaryFolder();
    const warehouse = await openDuckdb(join(cwd, "warehouse.duckdb"));
    const stream = { write: () => true };
    const { syncs } = await loadProject({
      root: ROOT,
      cwd,
      environment: {},
      stdout: stream,
      stderr: stream,
      jobs: () => loadJobs(ROOT),
    });
    for (const { sync } of syncs) await migrate(warehouse, sync);
    await warehouse.close();
    const status = await bin(cwd, "status", "--data", ".", "--json");
    expect(status).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(status.out)).toMatchObject({
      syncs: [{ sync: "hubspot/contacts", verdict: "never run" }],
    });
  },
);

it("a DuckDB file that another process has open is busy", TIMEOUT, async () => {
  const cwd = temporaryFolder();
  const path = join(cwd, "warehouse.duckdb");
  const warehouse = await openDuckdb(path);
  onTestFinished(() => warehouse.close());
  writeFileSync(
    join(cwd, "here.yaml"),
    `resources: { f/reverse_etl/snowflake: { kind: duckdb, path: ${JSON.stringify(path)} } }`,
  );
  const { code, err } = await bin(cwd, "errors", "hubspot/contacts", "--resources", "here.yaml");
  expect({ code, err }).toEqual({ code: 4, err: expect.stringContaining("RETL_WAREHOUSE_LOCKED") });
});

it("simulator ends with 2 for options and files that it cannot take, and says which", TIMEOUT, async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "faults.json"), '[{ "nth": 1 }]');
  for (const args of [
    ["--bogus"],
    ["--port", "abc"],
    ["--faults", "nowhere.json"],
    ["--faults", "faults.json"],
  ]) {
    const { code, out, err } = await bin(cwd, "simulator", ...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(args.at(-1));
  }
});

it("simulator is the simulator, with its own options, until it is told to end", TIMEOUT, async () => {
  const child = spawn(process.execPath, [BIN, "simulator", "--port", "0", "--token", "one"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const url = String(line).split(" ").at(-1);
  const answer = await fetch(`${url}/crm/v3/properties/contacts`, {
    headers: { authorization: "Bearer one" },
  });
  expect(answer.status).toBe(200);
  await answer.body?.cancel();
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});
