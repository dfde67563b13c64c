import { asset } from "../f/asset_graph/asset.ts";
import { cron, job } from "../f/asset_graph/job.ts";
import { reverseEtl } from "../f/reverse_etl/reverse_etl.ts";
import { dbtModel, dbtPrep, environmentBranch, recordFailure } from "../f/reverse_etl/reverse_etl_job.ts";

const settings = {
  schema: "retl",
  warehouse: "f/reverse_etl/snowflake",
  dbt: "f/reverse_etl/dbt",
};

const model = dbtModel("retl.hubspot_contacts", {
  description: "One row a customer, as HubSpot should have it.",
  group: "crm",
});

const contacts = asset({
  key: "hubspot/contacts",
  description: "HubSpot's contacts with what the warehouse knows of their purchases.",
  deps: [model],
  group: "crm",
  owners: ["team:growth"],
  kinds: ["hubspot"],
  tags: { pii: "true" },
  compute: reverseEtl({
    schema: "retl",
    current_state_tbl: "hubspot_contacts",
    sync_table_name: "hubspot_contacts_sync",
    unique_id_col: "contact_id",
    object_type: "contacts",
    operation_mode: "upsert",
    match_property: "customer_number",
    batch_size: 50,
    column_mappings: [
      { destination_name: "number_of_purchases", snowflake_name: "number_of_purchases", type: "number" },
      { destination_name: "cds_bought", snowflake_name: "cds_bought", type: "number" },
      { destination_name: "total_spent", snowflake_name: "total_spent", type: "number" },
      { destination_name: "average_order", snowflake_name: "average_order", type: "number" },
      { destination_name: "first_purchase_on", snowflake_name: "first_purchase_on", type: "date" },
      { destination_name: "last_purchase_on", snowflake_name: "last_purchase_on", type: "date" },
      { destination_name: "last_seen_at", snowflake_name: "last_seen_at", type: "datetime" },
      { destination_name: "engagement_score", snowflake_name: "engagement_score", type: "number" },
      { destination_name: "tier", snowflake_name: "tier", type: "text" },
      { destination_name: "is_repeat_buyer", snowflake_name: "is_repeat_buyer", type: "bool" },
      { destination_name: "win_back_offer", snowflake_name: "win_back_offer", type: "text" },
    ],
    batch_sizing: { one_batch_up_to_calls: 1, calls_per_batch: 1, max_batches: 8, parallelism: 4 },
  }),
});

export const hubspotContacts = job({
  name: "hubspot_contacts",
  description: "Every night: what the warehouse knows of each customer, to HubSpot's contacts.",
  assets: [model, contacts],
  select: "+hubspot/contacts",
  cadence: "daily",
  schedule: cron("0 0 0 * * *", "UTC"),
  opening: dbtPrep(settings),
  gate: environmentBranch(settings),
  onFailure: recordFailure(settings),
});
