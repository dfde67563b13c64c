import { asset } from "../../f/asset_graph/asset.ts";
import { cron, type Job, job } from "../../f/asset_graph/job.ts";
import { reverseEtl } from "../../f/reverse_etl/reverse_etl.ts";
import { dbtModel, dbtPrep, environmentBranch, recordFailure } from "../../f/reverse_etl/reverse_etl_job.ts";
import type { SyncInput } from "../../f/reverse_etl/sync/sync_config.ts";

const SETTINGS = { schema: "retl", warehouse: "f/reverse_etl/snowflake", dbt: "f/reverse_etl/dbt" };

/**
 *     retl.accounts ──▶ hubspot/companies
 *           └─────────────────────────────────▶┐
 *     retl.people ────▶ hubspot/contacts ──▶ hubspot/deals
 */
const accounts = dbtModel("retl.accounts");
const people = dbtModel("retl.people");

const companies = asset({
  key: "hubspot/companies",
  deps: [accounts],
  group: "crm",
  kinds: ["hubspot"],
  compute: reverseEtl(sync("companies", "accounts", "account_number", "employees")),
});

const contacts = asset({
  key: "hubspot/contacts",
  deps: [people],
  group: "crm",
  kinds: ["hubspot"],
  compute: reverseEtl(sync("contacts", "people", "person_number", "score")),
});

const deals = asset({
  key: "hubspot/deals",
  deps: [contacts, accounts],
  kinds: ["hubspot"],
  compute: reverseEtl(sync("deals", "accounts", "contract_number", "seats")),
});

/** Two models and three syncs of the real reverse ETL, each by a custom unique property, one of which depends on another. */
export function diamondJob(overrides: Partial<Job> = {}): Job {
  return job({
    name: "diamond",
    description: "Two models, three syncs.",
    assets: [deals, contacts, companies, people, accounts],
    select: "*",
    cadence: "daily",
    schedule: cron("0 30 4 * * *", "Europe/Amsterdam"),
    opening: dbtPrep(SETTINGS),
    gate: environmentBranch(SETTINGS),
    onFailure: recordFailure(SETTINGS),
    ...overrides,
  });
}

function sync(object_type: string, table: string, unique: string, property: string): SyncInput {
  return {
    schema: "retl",
    current_state_tbl: table,
    sync_table_name: `${object_type}_sync`,
    unique_id_col: "id",
    object_type,
    operation_mode: "upsert",
    match_property: unique,
    batch_size: 5,
    column_mappings: [{ destination_name: property, snowflake_name: "amount", type: "number" }],
    batch_sizing: { one_batch_up_to_calls: 1, calls_per_batch: 1, max_batches: 8, parallelism: 4 },
  };
}
