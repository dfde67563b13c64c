import { describe, expect, it } from "vitest";
import { checkDbtResult } from "../../f/reverse_etl/dbt/gate.ts";
import { registerDbtBackends } from "../../f/reverse_etl/dbt/register_backends.ts";
import { RetlError } from "../../f/reverse_etl/sync/error.ts";
import { duckdbDialect } from "../../f/reverse_etl/warehouse/dialect.ts";
import type { Row } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { type ScriptedWarehouse, scriptedWarehouse } from "../support/scripted_warehouse.ts";
import { manifest, runResults } from "./artifacts.ts";
import { buildWith, openBackend } from "./dbt_builds.ts";

registerDbtBackends();

const CONTACTS = "model.shop.contacts";
const MODELS = ["retl.hubspot_contacts"];
const QUERY_ID = "01bf3f5a-010b-4d87-0000-53493abb7cce";
const resource = {
  backend: "snowflake_dbt_project",
  project: "analytics.retl.shop",
  artifacts_stage: "analytics.retl.dbt_artifacts",
};
const request = { models: MODELS, fullRefresh: false, runId: "run-1" };

const accepted: readonly Row[] = [{ query_id: QUERY_ID }];
const refused = new RetlError("RETL_WAREHOUSE_REFUSED", {
  what: "Snowflake refused a statement.",
  state: "",
  next: "",
  details: { snowflake_code: "100357" },
});
const connectionLost = new RetlError("RETL_WAREHOUSE_UNAVAILABLE", { what: "lost", state: "", next: "" });

interface Script {
  /** What the submission of `EXECUTE DBT PROJECT` answers. */
  readonly execute?: () => Promise<readonly Row[]>;
  /** Whether an earlier copy of this step has started it. */
  readonly startedBefore?: boolean;
  /** What the query history says of it, look by look, empty for nothing yet; the last one for ever. */
  readonly history?: readonly string[];
  readonly results?: Parameters<typeof runResults>[0] | null;
}

/** Snowflake as far as an execution is concerned. */
function snowflake(script: Script = {}): ScriptedWarehouse & { executions: () => string[] } {
  const { execute = async () => accepted, startedBefore = false, history = ["SUCCESS"] } = script;
  const results = script.results === undefined ? ({ [CONTACTS]: "success" } as const) : script.results;
  let isStarted = startedBefore;
  let looks = 0;
  const warehouse = scriptedWarehouse(({ sql }) => {
    if (sql.startsWith("execute dbt project")) {
      isStarted = true;
      return execute();
    }
    if (sql.includes("query_history_by_user")) {
      if (!isStarted) return [];
      const execution_status = history[Math.min(looks++, history.length - 1)] ?? null;
      if (execution_status === null || execution_status === "") return [];
      const error_code = execution_status.startsWith("FAILED") ? "100357" : null;
      return [{ query_id: QUERY_ID, execution_status, error_code }];
    }
    if (sql.includes("system$locate_dbt_artifacts")) {
      if (results === null) throw refused;
      return [{ location: `snow://dbt/ANALYTICS.RETL.SHOP/results/query_id_${QUERY_ID}/` }];
    }
    if (sql.includes("run_results.json") && sql.startsWith("select")) {
      return [{ artifact: JSON.stringify(runResults(results ?? {})) }];
    }
    if (sql.includes("manifest.json") && sql.startsWith("select"))
      return [{ artifact: JSON.stringify(manifest) }];
    return [];
  });
  const executions = () =>
    warehouse.asked.map(({ sql }) => sql).filter((sql) => sql.startsWith("execute dbt project"));
  return { ...warehouse, executions };
}

const build = (warehouse: ScriptedWarehouse, settings: object = {}, asked: object = {}) =>
  buildWith({ ...resource, ...settings }, { ...request, ...asked }, { openWarehouse: warehouse.open });

describe("Snowflake's EXECUTE DBT PROJECT", () => {
  it("builds the models of the run, and the gate sees their nodes", async () => {
    const warehouse = snowflake();
    const result = await build(warehouse);
    expect(checkDbtResult(MODELS, result)).toEqual({ warnings: [] });
    expect(warehouse.executions()).toEqual([
      expect.stringMatching(
        /^execute dbt project "ANALYTICS"\."RETL"\."SHOP" args = 'build --select \+hubspot_contacts' \/\* tailrace-run-1-[0-9a-f]{8} \*\/$/,
      ),
    ]);
    const folder = `@"ANALYTICS"."RETL"."DBT_ARTIFACTS"/tailrace/${QUERY_ID}/`;
    const statements = warehouse.asked.map(({ sql }) => sql);
    expect(statements).toContain(`select to_json($1) as artifact from ${folder}target/run_results.json`);
    expect(statements.at(-1)).toBe(`remove ${folder}`);
    expect(warehouse.openSessions()).toBe(0);
  });

  it("passes full refresh, target, vars and version on, quoted for dbt and for Snowflake", async () => {
    const warehouse = snowflake();
    await build(
      warehouse,
      { target: "prod", vars: { like: "a\\b it's" }, dbt_version: "1.11.11" },
      { fullRefresh: true },
    );
    expect(warehouse.executions()[0]).toContain(
      String.raw`args = 'build --select +hubspot_contacts --target prod --vars ''{"like":"a\\\\b it''"''"''s"}'' --full-refresh' dbt_version = '1.11.11' /*`,
    );
  });

  it("a step that is restarted finds the execution it started instead of starting a second one", async () => {
    const warehouse = snowflake({ startedBefore: true, history: ["RUNNING", "RUNNING", "SUCCESS"] });
    expect(checkDbtResult(MODELS, await build(warehouse)).warnings).toEqual([]);
    expect(warehouse.executions()).toEqual([]);
    expect(warehouse.openSessions()).toBe(0);
    const [key] = warehouse.asked[0]?.binds ?? [];
    expect(key).toMatch(/^tailrace-run-1-[0-9a-f]{8}$/);
  });

  it("a restarted step that finds a failed execution does not take what it left for a success", async () => {
    const warehouse = snowflake({ startedBefore: true, history: ["FAILED_WITH_ERROR"] });
    await expect(build(warehouse)).rejects.toMatchObject({ code: "RETL_DBT_FAILED" });
    expect(warehouse.executions()).toEqual([]);
  });

  it("one that the history does not show yet is waited for", async () => {
    const warehouse = snowflake({ history: ["", "", "RUNNING", "SUCCESS"] });
    expect(checkDbtResult(MODELS, await build(warehouse)).warnings).toEqual([]);
    expect(warehouse.executions()).toHaveLength(1);
  });

  it("is submitted before anybody is told, with the time that it may take, and waited for afterwards", async () => {
    const warehouse = snowflake({ history: ["RUNNING", "SUCCESS"] });
    const told: string[][] = [];
    await buildWith({ ...resource, timeout_seconds: 7_200 }, request, {
      openWarehouse: warehouse.open,
      started: async ({ reference }) => {
        told.push([reference ?? "", ...warehouse.executions()]);
      },
    });
    expect(told).toEqual([
      [expect.stringContaining("tailrace-run-1-"), expect.stringMatching(/^execute dbt project/)],
    ]);
    expect(warehouse.asked.find(({ sql }) => sql.startsWith("execute dbt project"))?.binds).toEqual(["7200"]);
  });

  it("one whose submission got no answer may be tried again: the next try finds it or starts it", async () => {
    const warehouse = scriptedWarehouse(({ sql }) => {
      if (sql.startsWith("execute dbt project")) throw connectionLost;
      return [];
    });
    await expect(build(warehouse)).rejects.toMatchObject({ code: "RETL_WAREHOUSE_UNAVAILABLE" });
    expect(warehouse.openSessions()).toBe(0);
  });

  it("a look that fails for a while says nothing of the build", async () => {
    let outage = 3;
    const healthy = snowflake({ history: ["RUNNING", "SUCCESS"] });
    const openWarehouse = async () => {
      const open = await healthy.open();
      const query: typeof open.query = (sql, binds) =>
        healthy.executions().length > 0 && outage-- > 0
          ? Promise.reject(connectionLost)
          : open.query(sql, binds);
      return { ...open, query };
    };
    expect(checkDbtResult(MODELS, await buildWith(resource, request, { openWarehouse })).warnings).toEqual(
      [],
    );
    expect(healthy.executions()).toHaveLength(1);
  });

  it("a dbt failure names the failed nodes and no row's values", async () => {
    const message = "Database Error in model contacts (models/contacts.sql)\n  100038: 'Canary Person' no";
    const warehouse = snowflake({
      history: ["FAILED_WITH_ERROR"],
      results: { [CONTACTS]: ["error", message] },
    });
    const result = await build(warehouse);
    expect(() => checkDbtResult(MODELS, result)).toThrow(/model\.shop\.contacts failed: Database Error/);
    expect(JSON.stringify(result)).not.toContain("Canary");
  });

  it("a failure that left no files is told by its code", async () => {
    const warehouse = snowflake({ history: ["FAILED_WITH_ERROR"], results: null });
    await expect(build(warehouse)).rejects.toMatchObject({
      code: "RETL_DBT_FAILED",
      message: expect.stringMatching(
        /failed, and no node tells why \(Snowflake statement.*\): Snowflake 100357/,
      ),
    });
    expect(warehouse.openSessions()).toBe(0);
  });

  it("a failure although no node failed is never taken for a success", async () => {
    const warehouse = snowflake({ history: ["FAILED_WITH_ERROR"] });
    await expect(build(warehouse)).rejects.toMatchObject({ code: "RETL_DBT_FAILED" });
  });

  it("what Snowflake does not take at all is refused, and no session stays open", async () => {
    const warehouse = snowflake({ execute: () => Promise.reject(refused) });
    await expect(build(warehouse)).rejects.toMatchObject({ code: "RETL_WAREHOUSE_REFUSED" });
    expect(warehouse.openSessions()).toBe(0);
  });

  it("a success whose files may not be read says what Snowflake refused", async () => {
    await expect(build(snowflake({ results: null }))).rejects.toMatchObject({
      code: "RETL_WAREHOUSE_REFUSED",
    });
  });

  it("a success without nodes is stopped by the gate", async () => {
    const result = await build(snowflake({ results: {} }));
    expect(() => checkDbtResult(MODELS, result)).toThrow(/made by no node/);
  });

  it("one that takes too long is cancelled and told by a code of its own", async () => {
    const warehouse = snowflake({ history: ["RUNNING"] });
    await expect(build(warehouse, { timeout_seconds: 30 })).rejects.toMatchObject({
      code: "RETL_DBT_TIMEOUT",
    });
    expect(warehouse.asked.at(-1)).toEqual({
      sql: "select system$cancel_query(?) as answer",
      binds: [QUERY_ID],
    });
    expect(warehouse.openSessions()).toBe(0);
  });

  it("is for a Snowflake warehouse only", async () => {
    const warehouse = scriptedWarehouse(() => []);
    const openWarehouse = async () => {
      const { submit: _none, ...open } = await warehouse.open();
      return { ...open, dialect: duckdbDialect };
    };
    await expect(buildWith(resource, request, { openWarehouse })).rejects.toMatchObject({
      code: "RETL_CONFIG",
    });
    expect(warehouse.openSessions()).toBe(0);
  });

  it("a resource for it has all of its problems reported at once", () => {
    const bad = {
      backend: "snowflake_dbt_project",
      project: 'a.b."c; drop"',
      artifacts_stage: "stage",
      dbt_version: "latest",
      timeout_seconds: 86_400,
    };
    expect(() => openBackend(bad)).toThrow(
      expect.objectContaining({
        details: {
          problems: [
            "project: must be database.schema.name, each a plain identifier",
            "artifacts_stage: must be database.schema.name, each a plain identifier",
            "dbt_version: must be a version such as 1.11.11",
            expect.stringMatching(/^timeout_seconds: /),
          ],
        },
      }),
    );
  });
});
