import { asset } from "../../f/asset_graph/asset.ts";
import { compile } from "../../f/asset_graph/compile.ts";
import { cron, job } from "../../f/asset_graph/job.ts";
import { validate } from "../../f/asset_graph/validate.ts";
import { reverseEtl } from "../../f/reverse_etl/reverse_etl.ts";
import { dbtModel, dbtPrep, environmentBranch, recordFailure } from "../../f/reverse_etl/reverse_etl_job.ts";
import { parseSync, type SyncInput } from "../../f/reverse_etl/sync/sync_config.ts";
import type { CompiledSync } from "../../f/reverse_etl/sync/sync_session.ts";

const SETTINGS = { schema: "retl", warehouse: "f/reverse_etl/snowflake", dbt: "f/reverse_etl/dbt" };

/** A call of a healthy simulator takes milliseconds; a second of patience keeps a busy machine from looking like a fault. */
export const SHORT_TIMINGS = {
  lease_seconds: 3,
  lease_extend_seconds: 0.3,
  call_timeout_seconds: 1,
  hubspot_request_seconds: 0.2,
  clock_skew_seconds: 0.1,
  outage_seconds: 0,
};

/** For scenarios in which calls are lost all the time, so that waiting them out stays short. */
export const FAULT_TIMINGS = {
  lease_seconds: 1,
  lease_extend_seconds: 0.2,
  call_timeout_seconds: 0.35,
  hubspot_request_seconds: 0.15,
  clock_skew_seconds: 0.05,
  outage_seconds: 0,
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

/** The contacts sync by HubSpot's record id. */
export function contactsByRecordId(overrides: Partial<SyncInput> = {}): SyncInput {
  const { match_property: _none, ...rest } = contacts(overrides);
  return { ...rest, operation_mode: "update" };
}

/** What the portal of the scenarios has beside HubSpot's own properties. */
export const PROPERTIES = [
  { name: "person_number", type: "string" as const, hasUniqueValue: true },
  { name: "score", type: "number" as const },
  { name: "tier", type: "enumeration" as const, options: ["gold", "silver", "bronze"] },
  { name: "note", type: "string" as const },
];

/** One row of the source table; what is left out is NULL. */
export interface Person {
  readonly id: string | null;
  readonly score?: number | null;
  readonly tier?: string | null;
  readonly note?: string | null;
  readonly stage?: string | null;
}

export const PEOPLE_TABLE =
  "create table retl.people (person_id varchar, score integer, tier varchar, note varchar, stage varchar)";

/** `count` rows named p0, p1, …; `over` gives what differs from `{ score: index, tier: "gold" }`. */
export function persons(count: number, over: (index: number) => Partial<Person> = () => ({})): Person[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `p${index}`,
    score: index,
    tier: "gold",
    ...over(index),
  }));
}

export function compiledPeople(sync: SyncInput): CompiledSync {
  return {
    key: "hubspot/contacts",
    job: "f/reverse_etl/people",
    code_version: "test",
    config: parseSync(sync),
  };
}

/** The compiled flow of a sync, as `npm run build` would write it. */
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
