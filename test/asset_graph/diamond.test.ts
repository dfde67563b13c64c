import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { compile } from "../../f/asset_graph/compile.ts";
import { jobContext } from "../../f/asset_graph/job_context.ts";
import { validate } from "../../f/asset_graph/validate.ts";
import { migrateFlow } from "../../f/reverse_etl/migrate_flow.ts";
import type { Row } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { openDuckdb, registerDuckdb } from "../../local/duckdb_warehouse/duckdb_warehouse.ts";
import type { FlowEvent, FlowRun } from "../../local/flow_runner/flow_run.ts";
import { scriptsFromFolder } from "../../local/flow_runner/resolve_script.ts";
import { runFlow } from "../../local/flow_runner/run_flow.ts";
import { startWindmillApi } from "../../local/flow_runner/windmill_api.ts";
import { startSimulator } from "../../local/hubspot_simulator/server.ts";
import type { FaultRuleOptions } from "../../local/hubspot_simulator/settings.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import { diamondJob } from "./diamond_job.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const OPTIONS = { folder: "f/reverse_etl", sources: "test" };
const OBJECTS = ["companies", "contacts", "deals"] as const;
const ROWS = 12;

interface Ran {
  readonly run: FlowRun;
  /** The modules that ran a job, such as `settle__hubspot__deals`. */
  readonly steps: ReadonlySet<string>;
}

/** A DuckDB warehouse with both tables, a HubSpot with the unique properties, and the compiled diamond between them. */
async function diamondWorld() {
  const job = diamondJob();
  validate([job]);
  const flow = compile(job, OPTIONS);
  const migrate = migrateFlow(jobContext(job, OPTIONS).context, job);

  const hubspot = await startSimulator({
    objects: [
      { name: "companies", properties: [unique("account_number"), number("employees")] },
      { name: "contacts", properties: [unique("person_number"), number("score")] },
      { name: "deals", properties: [unique("contract_number"), number("seats")] },
    ],
  });
  onTestFinished(() => hubspot.close());
  const path = join(temporaryFolder(), "warehouse.duckdb");
  registerDuckdb();
  const sql = async (text: string): Promise<readonly Row[]> => {
    const warehouse = await openDuckdb(path);
    try {
      return await warehouse.query(text);
    } finally {
      await warehouse.close();
    }
  };

  const workspace = {
    variables: { "f/reverse_etl/environment": "prod" },
    resources: {
      "f/reverse_etl/snowflake": { kind: "duckdb", path },
      "f/reverse_etl/hubspot": { token: "simulator-token", base_url: hubspot.url },
      "f/reverse_etl/dbt": { backend: "none" },
    },
  };
  const start = async (compiled: unknown, args: Record<string, unknown>): Promise<Ran> => {
    const api = await startWindmillApi(workspace);
    api.connectClient();
    const steps = new Set<string>();
    const onEvent = (event: FlowEvent) => {
      api.observe(event);
      if (event.kind === "job_started") steps.add(event.moduleId);
    };
    try {
      const run = await runFlow(compiled, args, {
        ...workspace,
        scripts: scriptsFromFolder(ROOT),
        environment: api.env,
        onEvent,
      });
      return { run, steps };
    } finally {
      await api.close();
    }
  };

  expect((await start(migrate, {})).run.result).toMatchObject({
    migrated: ["hubspot/companies", "hubspot/contacts", "hubspot/deals"],
  });
  for (const table of ["accounts", "people"]) {
    await sql(
      `create table retl.${table} as select 'n' || i as id, i as amount from range(${ROWS}) numbers (i)`,
    );
  }
  return {
    sql,
    run: (args: Record<string, unknown> = {}) => start(flow, args),
    async held() {
      const count = async (object: string) => {
        const answer = await fetch(`${hubspot.url}/_simulator/records/${object}`);
        return ((await answer.json()) as { records: unknown[] }).records.length;
      };
      const [companies, contacts, deals] = await Promise.all(OBJECTS.map(count));
      return { companies, contacts, deals };
    },
    async fault(rule: FaultRuleOptions) {
      const answer = await fetch(`${hubspot.url}/_simulator/faults`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify([rule]),
      });
      expect(answer.ok).toBe(true);
    },
    statuses: async () =>
      Object.fromEntries(
        (await sql("select sync, status from retl.retl_runs")).map(({ sync, status }) => [sync, status]),
      ),
  };
}

function unique(name: string) {
  return { name, type: "string" as const, hasUniqueValue: true };
}

function number(name: string) {
  return { name, type: "number" as const };
}

function stepsOf(object: string): string[] {
  return ["diff_insert", "batch_sizing", "hubspot_push", "settle"].map(
    (step) => `${step}__hubspot__${object}`,
  );
}

describe("the diamond of two models and three syncs, compiled and run", () => {
  it("computes every asset, each after what it depends on, and a second run sends nothing", async () => {
    const world = await diamondWorld();
    const { run, steps } = await world.run();
    expect(run.success).toBe(true);
    expect([...steps]).toEqual(expect.arrayContaining(OBJECTS.flatMap(stepsOf)));
    expect(await world.held()).toEqual({ companies: ROWS, contacts: ROWS, deals: ROWS });

    const order = [...steps];
    expect(order.indexOf("settle__hubspot__contacts")).toBeLessThan(
      order.indexOf("diff_insert__hubspot__deals"),
    );
    expect(order.indexOf("diff_insert__hubspot__contacts")).toBeLessThan(
      order.indexOf("settle__hubspot__companies"),
    );
    const materialized = await world.sql(
      "select asset_key from retl.asset_events where kind = 'materialized' order by asset_key",
    );
    expect(materialized.map(({ asset_key }) => asset_key)).toEqual([
      "hubspot/companies",
      "hubspot/contacts",
      "hubspot/deals",
      "retl.accounts",
      "retl.people",
    ]);

    const second = await world.run();
    expect(second.run.success).toBe(true);
    expect([...second.steps].filter((step) => step.startsWith("hubspot_push"))).toEqual([]);
  });

  it("skips the steps of an asset that the run does not select, and of no other", async () => {
    const world = await diamondWorld();
    const { run, steps } = await world.run({ select: "not hubspot/contacts" });
    expect(run.success).toBe(true);
    expect(await world.held()).toEqual({ companies: ROWS, contacts: 0, deals: ROWS });
    for (const step of stepsOf("contacts").slice(1)) expect(steps).not.toContain(step);
    for (const step of [...stepsOf("companies"), ...stepsOf("deals")]) expect(steps).toContain(step);
    expect(await world.statuses()).toEqual({
      "hubspot/companies": "succeeded",
      "hubspot/deals": "succeeded",
    });
    expect(await world.sql("select * from retl.asset_events where asset_key = 'hubspot/contacts'")).toEqual(
      [],
    );
  });

  it("refuses a selection that means nothing before anything is built or sent", async () => {
    const world = await diamondWorld();
    const { run, steps } = await world.run({ select: "hubspot/contcats" });
    expect(run.success).toBe(false);
    expect(JSON.stringify(run.result)).toContain(
      'There is no asset \\"hubspot/contcats\\". Nearest: \\"hubspot/contacts\\"',
    );
    expect([...steps]).toEqual(["dbt_prep", "failure"]);
    expect(await world.held()).toEqual({ companies: 0, contacts: 0, deals: 0 });
  });

  it("lets the independent sync finish when one fails, skips what depends on it, and fails as a whole", async () => {
    const world = await diamondWorld();
    await world.fault({
      match: { path: "/contacts/batch/upsert" },
      times: "always",
      action: { reply: { status: 403, body: { category: "MISSING_SCOPES", message: "no scope" } } },
    });
    const { run, steps } = await world.run();
    expect(run.success).toBe(false);
    expect(await world.held()).toEqual({ companies: ROWS, contacts: 0, deals: 0 });
    expect(steps).toContain("settle__hubspot__companies");
    expect(steps).not.toContain("diff_insert__hubspot__deals");
    expect(await world.statuses()).toEqual({
      "hubspot/companies": "succeeded",
      "hubspot/contacts": "failed",
    });
  });
});
