import { join } from "node:path";
import { onTestFinished } from "vitest";
import { asset } from "../../f/asset_graph/asset.ts";
import { compile } from "../../f/asset_graph/compile.ts";
import { cron, job } from "../../f/asset_graph/job.ts";
import { validate } from "../../f/asset_graph/validate.ts";
import { reverseEtl } from "../../f/reverse_etl/reverse_etl.ts";
import { dbtModel, dbtPrep, environmentBranch, recordFailure } from "../../f/reverse_etl/reverse_etl_job.ts";
import { migrate } from "../../f/reverse_etl/sync/migrate.ts";
import { parseSync, type SyncInput } from "../../f/reverse_etl/sync/sync_config.ts";
import type { Row } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { openDuckdb, registerDuckdb } from "../../local/duckdb_warehouse/duckdb_warehouse.ts";
import type { FlowRun } from "../../local/flow_runner/flow_run.ts";
import { scriptsFromFolder } from "../../local/flow_runner/resolve_script.ts";
import { runFlow } from "../../local/flow_runner/run_flow.ts";
import { startWindmillApi } from "../../local/flow_runner/windmill_api.ts";
import { type RunningSimulator, type StartOptions, startSimulator } from "../../local/hubspot_simulator/server.ts";
import type { FaultRuleOptions } from "../../local/hubspot_simulator/settings.ts";
import { temporaryFolder } from "./temporary_folder.ts";

export const TOKEN = "simulator-token";
const ROOT = join(import.meta.dirname, "..", "..");
const SETTINGS = { schema: "retl", warehouse: "f/reverse_etl/snowflake", dbt: "f/reverse_etl/dbt" };

/** Pauses between a step's tries are cut short. */
const quickTimer = {
  now: () => Date.now(),
  sleep: (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.min(milliseconds, 50))),
};

export const SHORT_TIMINGS = {
  lease_seconds: 2,
  lease_extend_seconds: 0.3,
  call_timeout_seconds: 0.4,
  hubspot_request_seconds: 0.2,
  clock_skew_seconds: 0.1,
};

/** The contacts sync of the scenarios: by a custom unique property, small calls, several batches at a time. */
export function contacts(overrides: Partial<SyncInput> = {}): SyncInput {
  return {
    schema: "retl",
    current_state_tbl: "people",
    sync_table_name: "people_sync",
    unique_id_col: "person_id",
    object_type: "contacts",
    operation_mode: "upsert",
    match_property: "person_number",
    batch_size: 5,
    column_mappings: [
      { destination_name: "score", snowflake_name: "score" },
      { destination_name: "tier", snowflake_name: "tier" },
      { destination_name: "note", snowflake_name: "note" },
    ],
    batch_sizing: { one_batch_up_to_calls: 1, calls_per_batch: 1, max_batches: 8, parallelism: 4 },
    timings: SHORT_TIMINGS,
    ...overrides,
  };
}

const PROPERTIES = [
  { name: "person_number", type: "string" as const, hasUniqueValue: true },
  { name: "score", type: "number" as const },
  { name: "tier", type: "enumeration" as const, options: ["gold", "silver", "bronze"] },
  { name: "note", type: "string" as const },
];

export type Person = { id: string | null; score?: number | null; tier?: string | null; note?: string | null };

/** A warehouse, a HubSpot and a compiled flow between them, all real and on this machine. */
export interface FlowWorld {
  readonly hubspot: RunningSimulator;
  readonly warehousePath: string;
  people(list: readonly Person[]): Promise<void>;
  /** Runs the flow of a sync; `using` runs another declaration of it against the same tables. */
  run(args?: Record<string, unknown>, using?: SyncInput): Promise<FlowRun>;
  sql(text: string): Promise<readonly Row[]>;
  /** What HubSpot holds, by person number, without the properties of HubSpot's own. */
  held(): Promise<Record<string, Record<string, string>>>;
  /** The number of live contacts. */
  contactCount(): Promise<number>;
  writeCalls(): Promise<number>;
  fault(...rules: FaultRuleOptions[]): Promise<void>;
}

export interface WorldOptions {
  readonly sync?: SyncInput;
  readonly simulator?: StartOptions;
  readonly environment?: string | null;
  readonly token?: string;
  readonly hubspotUrl?: string;
}

export async function flowWorld(options: WorldOptions = {}): Promise<FlowWorld> {
  const sync = options.sync ?? contacts();
  const hubspot = await startSimulator({
    objects: [{ name: "contacts", properties: PROPERTIES }],
    ...options.simulator,
  });
  onTestFinished(() => hubspot.close());
  const warehousePath = join(temporaryFolder(), "warehouse.duckdb");
  registerDuckdb();
  const withDuckdb = async <T>(work: (warehouse: Awaited<ReturnType<typeof openDuckdb>>) => Promise<T>) => {
    const warehouse = await openDuckdb(warehousePath);
    try {
      return await work(warehouse);
    } finally {
      await warehouse.close();
    }
  };
  await withDuckdb(async (warehouse) => {
    const compiled = { key: "hubspot/contacts", job: "test", code_version: "test", config: parseSync(sync) };
    await migrate(warehouse, compiled);
    await warehouse.execute("create table retl.people (person_id varchar, score integer, tier varchar, note varchar)");
  });
  const variables: Record<string, string> =
    options.environment === null ? {} : { "f/reverse_etl/environment": options.environment ?? "prod" };
  const resources = {
    "f/reverse_etl/snowflake": { kind: "duckdb", path: warehousePath },
    "f/reverse_etl/hubspot": { token: options.token ?? TOKEN, base_url: options.hubspotUrl ?? hubspot.url },
    "f/reverse_etl/dbt": { backend: "none" },
  };
  const inspect = async (path: string) => (await fetch(`${hubspot.url}/_simulator/${path}`)).json() as Promise<unknown>;

  return {
    hubspot,
    warehousePath,
    people: (list) =>
      withDuckdb(async (warehouse) => {
        await warehouse.execute("delete from retl.people");
        await warehouse.execute(
          `insert into retl.people select p.id, p.score, p.tier, p.note from (select unnest(from_json(?::json,
            '[{"id":"VARCHAR","score":"INTEGER","tier":"VARCHAR","note":"VARCHAR"}]')) as p)`,
          [JSON.stringify(list)],
        );
      }),
    async run(args = {}, using = sync) {
      const api = await startWindmillApi({ variables, resources });
      api.connectClient();
      try {
        return await runFlow(compileSync(using), args, {
          scripts: scriptsFromFolder(ROOT),
          resources,
          variables,
          environment: api.env,
          onEvent: (event) => api.observe(event),
          timer: quickTimer,
        });
      } finally {
        await api.close();
      }
    },
    sql: (text) => withDuckdb((warehouse) => warehouse.query(text)),
    async held() {
      const { records } = (await inspect("records/contacts")) as { records: { properties: Record<string, string> }[] };
      const names = ["score", "tier", "note"];
      return Object.fromEntries(
        records.map(({ properties }) => [
          properties.person_number,
          Object.fromEntries(names.flatMap((name) => (properties[name] ? [[name, properties[name]]] : []))),
        ]),
      );
    },
    async contactCount() {
      return ((await inspect("records/contacts")) as { records: unknown[] }).records.length;
    },
    async writeCalls() {
      return ((await inspect("counters")) as { writeCalls: number }).writeCalls;
    },
    async fault(...rules) {
      const answer = await fetch(`${hubspot.url}/_simulator/faults`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(rules),
      });
      if (!answer.ok) throw new Error(await answer.text());
    },
  };
}

export function compileSync(sync: SyncInput) {
  const model = dbtModel("retl.people");
  const people = asset({ key: "hubspot/contacts", deps: [model], compute: reverseEtl(sync) });
  const declared = job({
    name: "people",
    description: "",
    assets: [model, people],
    select: "+hubspot/contacts",
    cadence: "daily",
    schedule: cron("0 0 0 * * *", "UTC"),
    opening: dbtPrep(SETTINGS),
    gate: environmentBranch(SETTINGS),
    onFailure: recordFailure(SETTINGS),
  });
  validate([declared]);
  return compile(declared, { folder: "f/reverse_etl", sources: "test" });
}
