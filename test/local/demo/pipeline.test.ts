import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { registerCompiledBackend } from "../../../local/dbt/compiled_backend.ts";
import { readCompiledFlow, readFlow, SHORT_TIMINGS } from "../../../local/demo/compiled_flow.ts";
import { createMissingProperties } from "../../../local/demo/hubspot_properties.ts";
import { neededProperties } from "../../../local/demo/needed_properties.ts";
import { openPipeline, REPOSITORY } from "../../../local/demo/pipeline.ts";
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

async function pipeline(environment = "prod") {
  registerDuckdb();
  registerCompiledBackend();
  const running = await startSimulator();
  onTestFinished(() => running.close());
  const hubspot = { url: running.url, token: DEFAULT_TOKEN };
  const compiled = await readCompiledFlow(join(`${JOB}__flow`, "flow.yaml"), SHORT_TIMINGS);
  const { id, mapped } = neededProperties(compiled.sync.config);
  await createMissingProperties(hubspot, [id, ...mapped]);
  const path = join(temporaryFolder(), "warehouse.duckdb");
  const waits: string[] = [];
  const opened = await openPipeline({
    compiled,
    migrateFlow: await readFlow(join(`${JOB}_migrate__flow`, "flow.yaml")),
    path,
    hubspot,
    dbt: { backend: "compiled", path },
    environment,
    keepOpen: true,
    onEvent: () => {},
    onWait: (text) => waits.push(text),
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
  const { opened, waits, simulator } = await pipeline();
  await opened.withWarehouse(async (warehouse) => {
    await loadDay(warehouse, "1997-01-01", PURCHASES);
    await warehouse.execute(
      "update retl.hubspot_contacts_sync_lease set holder = 'killed', " +
        "expires_at = cast(now() at time zone 'UTC' as timestamp) + interval 3 seconds",
    );
  });
  await opened.run();
  expect(waits).toEqual([
    expect.stringMatching(/^The run killed still holds the lease; waiting up to [123] s/),
  ]);
  expect([...simulator.portal.store(simulator.portal.type("contacts")).records()]).toHaveLength(2);
});

test("a run that fails is thrown with its own error", async () => {
  const { opened } = await pipeline();
  await opened.withWarehouse((warehouse) => loadDay(warehouse, "1997-01-01", []));
  await expect(opened.run()).rejects.toThrow(/^RETL_HELD_EMPTY_SOURCE: .*the source table has no rows/);
});
