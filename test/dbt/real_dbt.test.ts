import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkDbtResult } from "../../f/reverse_etl/dbt/gate.ts";
import { registerDbtBackends } from "../../f/reverse_etl/dbt/register_backends.ts";
import { compileModels } from "../../local/dbt/compile_models.ts";
import { registerCompiledBackend } from "../../local/dbt/compiled_backend.ts";
import { COMPILED } from "../../local/dbt/compiled_index.ts";
import { DBT_PROJECT } from "../../local/dbt/project.ts";
import { ensureDbt } from "../../local/dbt/python_environment.ts";
import { openDuckdb } from "../../local/duckdb_warehouse/duckdb_warehouse.ts";
import { pythonProblem } from "../../local/python_environment.ts";
import { buildWith } from "./dbt_builds.ts";
import { PURCHASES, purchasesDatabase, queryFile } from "./purchases_database.ts";

registerDbtBackends();
registerCompiledBackend();

const MODELS = ["retl.hubspot_contacts"];
const why = pythonProblem();
const TIMEOUT = 120_000;

// One place for everything, because tests that run at once cannot tell which of them ends.
const scratch = mkdtempSync(join(tmpdir(), "tailrace-test-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const newFolder = () => mkdtempSync(join(scratch, "folder-"));

/** The demo's project in a folder of its own, with models of the test beside it. */
function projectWith(models: Readonly<Record<string, string>>): string {
  const project = newFolder();
  cpSync(DBT_PROJECT, project, { recursive: true });
  for (const [name, text] of Object.entries(models)) writeFileSync(join(project, "models", name), text);
  return project;
}

describe.skipIf(why !== null)(`real dbt${why === null ? "" : ` (skipped: ${why})`}`, () => {
  let dbt = "";
  beforeAll(async () => {
    dbt = await ensureDbt();
  }, 300_000);

  const build = (
    path: string,
    {
      models = MODELS,
      fullRefresh = false,
      ...settings
    }: { models?: string[]; fullRefresh?: boolean; [field: string]: unknown } = {},
  ) =>
    buildWith(
      {
        backend: "command_line",
        executable: dbt,
        project_dir: DBT_PROJECT,
        profiles_dir: DBT_PROJECT,
        target: "demo",
        environment: { TAILRACE_DUCKDB: path },
        ...settings,
      },
      { models, fullRefresh, runId: "run-1" },
    );

  it.concurrent("and the compiled back end build the same table and answer the same of every node", {
    timeout: TIMEOUT,
  }, async () => {
    const [byDbt, bySql] = await Promise.all([
      purchasesDatabase(newFolder()),
      purchasesDatabase(newFolder()),
    ]);
    const results = [
      await build(byDbt),
      await buildWith(
        { backend: "compiled" },
        { models: MODELS, fullRefresh: false, runId: "run-1" },
        { openWarehouse: () => openDuckdb(bySql) },
      ),
    ] as const;
    const contents = (path: string) =>
      queryFile(path, "select * from retl.hubspot_contacts order by contact_id");
    const columns = (path: string) =>
      queryFile(
        path,
        "select table_schema, table_name, column_name, data_type from information_schema.columns order by all",
      );
    expect(await contents(byDbt)).toHaveLength(8);
    expect(await contents(byDbt)).toEqual(await contents(bySql));
    expect(await columns(byDbt)).toEqual(await columns(bySql));
    const byName = (result: (typeof results)[number]) =>
      [...result.nodes].sort((a, b) => (a.uniqueId < b.uniqueId ? -1 : 1));
    expect(byName(results[0])).toEqual(byName(results[1]));
    expect(checkDbtResult(MODELS, results[0]).warnings).toEqual([
      expect.stringMatching(/average_order\S* warned: Got 1 result/),
    ]);
    expect(results[0].invocationId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.concurrent("that finds rows with a test keeps the gate closed", { timeout: TIMEOUT }, async () => {
    const path = await purchasesDatabase(newFolder(), [...PURCHASES, [null, "1997-01-01", "1", "1.00"]]);
    const result = await build(path);
    expect(() => checkDbtResult(MODELS, result)).toThrow(
      /source_not_null_cdnow_purchases_customer_id\S* failed: Got 1 result, configured to fail if != 0[\s\S]*hubspot_contacts skipped/,
    );
  });

  it.concurrent("that fails in a model keeps the gate closed and shows no value of a row", {
    timeout: TIMEOUT,
  }, async () => {
    const project_dir = projectWith({
      "broken.sql":
        "select cast(customer_id || '-secret' as integer) as id from {{ source('cdnow', 'purchases') }}",
    });
    const models = ["retl.broken"];
    const result = await build(await purchasesDatabase(newFolder()), { models, project_dir });
    let message = "";
    try {
      checkDbtResult(models, result);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(
      "model.tailrace_demo.broken failed: Runtime Error in model broken (models/broken.sql): Conversion Error",
    );
    expect(message).not.toContain("secret");
  });

  it.concurrent("that is asked for a model it does not have is no success", {
    timeout: TIMEOUT,
  }, async () => {
    await expect(
      build(await purchasesDatabase(newFolder()), { models: ["retl.nope"] }),
    ).rejects.toMatchObject({
      code: "RETL_DBT_FAILED",
      message: expect.stringContaining("The selection criterion '+nope' does not match any enabled nodes"),
    });
  });

  it.concurrent("whose database is open elsewhere may be tried again", { timeout: TIMEOUT }, async () => {
    const path = await purchasesDatabase(newFolder());
    const warehouse = await openDuckdb(path);
    try {
      await expect(build(path)).rejects.toMatchObject({ code: "RETL_DBT_UNAVAILABLE" });
    } finally {
      await warehouse.close();
    }
  });

  it.concurrent("that is given a target that the profile lacks says so", { timeout: TIMEOUT }, async () => {
    await expect(build(await purchasesDatabase(newFolder()), { target: "nope" })).rejects.toMatchObject({
      code: "RETL_DBT_FAILED",
      message: expect.stringContaining("does not have a target named 'nope'"),
    });
  });

  it.concurrent("appends to an incremental model and rebuilds it on a full refresh, with the vars it is given", {
    timeout: TIMEOUT,
  }, async () => {
    const project_dir = projectWith({
      "log_of_builds.sql":
        "{{ config(materialized='incremental') }} select '{{ var('builder') }}' as builder",
    });
    const path = await purchasesDatabase(newFolder());
    const models = ["retl.log_of_builds"];
    const warehouse = await openDuckdb(path);
    await warehouse.execute("create schema retl");
    await warehouse.execute("create table retl.log_of_builds as select 'somebody before' as builder");
    await warehouse.close();
    const buildersAfter = async (fullRefresh: boolean) => {
      const result = await build(path, { models, project_dir, fullRefresh, vars: { builder: "tailrace" } });
      expect(checkDbtResult(models, result)).toEqual({ warnings: [] });
      return (await queryFile(path, "select builder from retl.log_of_builds order by all")).map(
        (row) => row.builder,
      );
    };
    expect(await buildersAfter(false)).toEqual(["somebody before", "tailrace"]);
    expect(await buildersAfter(true)).toEqual(["tailrace"]);
  });

  it.concurrent("that hangs is stopped with its children, and its database is free again", {
    timeout: TIMEOUT,
  }, async () => {
    const marker = join(newFolder(), "query_began.csv");
    const project_dir = projectWith({
      "endless.sql": `{{ config(pre_hook="copy (select 1) to '${marker}'") }} select count(*) as n from range(100000000000), range(100)`,
    });
    // A wrapper, as people have them: stopping only what was started would leave dbt itself running.
    const executable = join(project_dir, "dbt_wrapper.sh");
    writeFileSync(executable, `#!/bin/sh\n"${dbt}" "$@"\n`);
    chmodSync(executable, 0o755);
    const path = await purchasesDatabase(newFolder());
    // On a busy machine dbt may not have come to its query when the time is up; then it gets more.
    for (let timeout_seconds = 8; !existsSync(marker) && timeout_seconds <= 32; timeout_seconds *= 2) {
      await expect(
        build(path, { models: ["retl.endless"], project_dir, executable, timeout_seconds }),
      ).rejects.toMatchObject({
        code: "RETL_DBT_TIMEOUT",
        message: expect.stringContaining(`had not ended after ${timeout_seconds} seconds`),
      });
    }
    expect(existsSync(marker)).toBe(true);
    expect(execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })).not.toContain(project_dir);
    expect(await queryFile(path, "select count(*) as n from cdnow.purchases")).toEqual([
      { n: String(PURCHASES.length) },
    ]);
  });

  it.concurrent("compile writes the committed compiled models", { timeout: TIMEOUT }, async () => {
    const folder = join(newFolder(), "compiled");
    await compileModels(dbt, folder);
    const contents = (from: string) =>
      Object.fromEntries(readdirSync(from).map((file) => [file, readFileSync(join(from, file), "utf8")]));
    expect(contents(folder)).toEqual(contents(COMPILED));
  });
});
