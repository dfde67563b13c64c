import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { registerCompiledBackend } from "../../../local/dbt/compiled_backend.ts";
import { readCompiledFlow, readFlow, SHORT_TIMINGS } from "../../../local/demo/compiled_flow.ts";
import { createMissingProperties } from "../../../local/demo/hubspot_properties.ts";
import { neededProperties } from "../../../local/demo/needed_properties.ts";
import { LEASE_SLACK_MS, openPipeline, type Pipeline, REPOSITORY } from "../../../local/demo/pipeline.ts";
import { createPurchaseTables, loadDay, readReplayDay } from "../../../local/demo/purchase_tables.ts";
import { registerDuckdb } from "../../../local/duckdb_warehouse/duckdb_warehouse.ts";
import { startSimulator } from "../../../local/hubspot_simulator/server.ts";
import { DEFAULT_TOKEN } from "../../../local/hubspot_simulator/settings.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

const JOB = join(REPOSITORY, "f", "reverse_etl", "hubspot_contacts");
const PURCHASES = [
  { customerId: "00001", day: "1997-01-01", cds: 2, cents: 1205 },
  { customerId: "00002", day: "1997-01-01", cds: 1, cents: 0 },
];

/** `slept` stands for the pauses of the pipeline, which take no time. */
async function pipeline(slept: (milliseconds: number, opened: Pipeline) => Promise<void> = async () => {}) {
  registerDuckdb();
  registerCompiledBackend();
  const running = await startSimulator();
  onTestFinished(() => running.close());
  const hubspot = { url: running.url, token: DEFAULT_TOKEN };
  const compiled = await readCompiledFlow(join(`${JOB}__flow`, "flow.yaml"), SHORT_TIMINGS);
  const { id, mapped } = neededProperties(compiled.sync.config);
  await createMissingProperties(hubspot, [id, ...mapped]);
  const waits: string[] = [];
  const opened: Pipeline = await openPipeline({
    compiled,
    migrateFlow: await readFlow(join(`${JOB}_migrate__flow`, "flow.yaml")),
    warehouse: { kind: "duckdb", path: join(temporaryFolder(), "warehouse.duckdb") },
    hubspot,
    dbt: { backend: "compiled" },
    environment: "prod",
    keepOpen: true,
    onEvent: () => {},
    onWait: (text) => waits.push(text),
    clock: { now: Date.now, sleep: (milliseconds) => slept(milliseconds, opened) },
  });
  onTestFinished(() => opened.close());
  await opened.migrate();
  await opened.withWarehouse(createPurchaseTables);
  return { opened, waits, simulator: running.simulator };
}

test("a day that is loaded twice is there once", async () => {
  const { opened } = await pipeline();
  await opened.withWarehouse(async (warehouse) => {
    expect(await readReplayDay(warehouse)).toBeNull();
    for (const day of ["1997-01-01", "1997-01-01"]) await loadDay(warehouse, day, PURCHASES);
    expect(await readReplayDay(warehouse)).toBe("1997-01-01");
    expect(await warehouse.query("select * from cdnow.purchases order by customer_id")).toEqual([
      { customer_id: "00001", purchased_on: "1997-01-01", cds: "2", amount: "12.05" },
      { customer_id: "00002", purchased_on: "1997-01-01", cds: "1", amount: "0.00" },
    ]);
  });
});

test("a run waits for a lease that a killed run still holds, says so, and goes on", async () => {
  const lease = (set: string) => `update retl.hubspot_contacts_sync_lease set ${set}`;
  const now = "cast(now() at time zone 'UTC' as timestamp)";
  const sleeps: number[] = [];
  const { opened, waits, simulator } = await pipeline(async (milliseconds, { withWarehouse }) => {
    sleeps.push(milliseconds);
    await withWarehouse((warehouse) => warehouse.execute(lease(`expires_at = ${now}`)));
  });
  await opened.withWarehouse(async (warehouse) => {
    await loadDay(warehouse, "1997-01-01", PURCHASES);
    await warehouse.execute(lease(`holder = 'killed', expires_at = ${now} + interval 1 hour`));
  });
  await opened.run();
  const [slept = 0] = sleeps;
  expect(waits).toEqual([
    `The run killed still holds the lease; waiting up to ${Math.ceil((slept - LEASE_SLACK_MS) / 1000)} s for it to expire.`,
  ]);
  expect(slept).toBeGreaterThan(3_000_000);
  expect([...simulator.portal.store(simulator.portal.type("contacts")).records()]).toHaveLength(2);
});

test("a run that fails is thrown with its own error", async () => {
  const { opened } = await pipeline();
  await opened.withWarehouse((warehouse) => loadDay(warehouse, "1997-01-01", []));
  await expect(opened.run()).rejects.toThrow(/^RETL_HELD_EMPTY_SOURCE: .*the source table has no rows/);
});
