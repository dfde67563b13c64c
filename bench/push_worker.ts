import "snowflake-sdk";
import { main as hubspotPush } from "../f/reverse_etl/hubspot_push.ts";
import { registerSlowWarehouse } from "./slow_warehouse.ts";
import { doWork } from "./worker_job.ts";

registerSlowWarehouse();

await doWork(async ({ warehouse, hubspot, sync, run_id, token, batch }) => {
  await hubspotPush(warehouse, hubspot, sync, run_id, token, batch);
  return null;
});
