import "snowflake-sdk";
import { main as hubspotPush } from "../f/reverse_etl/hubspot_push.ts";
import { registerWarehouse } from "../f/reverse_etl/warehouse/open_warehouse.ts";
import { openSnowflake } from "../f/reverse_etl/warehouse/snowflake_warehouse.ts";
import { BusyTime } from "./busy_time.ts";
import { doWork } from "./worker_job.ts";

const [reading, hubspot, journal] = [new BusyTime(), new BusyTime(), new BusyTime()];

// What a push writes to its warehouse is its journal and its lease; what it reads there is nearly all changes.
registerWarehouse("timed", async (resource, tag) => {
  const warehouse = await openSnowflake(resource, tag);
  const { query, execute } = warehouse;
  warehouse.query = (sql, binds) => reading.during(() => query.call(warehouse, sql, binds));
  warehouse.execute = (sql, binds) => journal.during(() => execute.call(warehouse, sql, binds));
  return warehouse;
});

const { fetch } = globalThis;
globalThis.fetch = async (input, init) => {
  const response = await hubspot.during(() => fetch(input, init));
  // The body's arrival belongs to the call.
  const text = response.text.bind(response);
  return Object.assign(response, { text: () => hubspot.during(text) });
};

await doWork(async ({ warehouse, hubspot: portal, sync, run_id, token, batch }) => {
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const resource = { ...warehouse, kind: "timed" };
  const { acknowledged, limited } = await hubspotPush(resource, portal, sync, run_id, token, batch);
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    acknowledged,
    limited,
    // Node and Bun give kilobytes.
    peakRss: process.resourceUsage().maxRSS * 1024,
    seconds: (performance.now() - startedAt) / 1000,
    cpu: (user + system) / 1e6,
    busy: { reading: reading.seconds, hubspot: hubspot.seconds, journal: journal.seconds },
  };
});
