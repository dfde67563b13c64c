import { describe, expect, it, onTestFinished } from "vitest";
import { checkDbtResult } from "../../f/reverse_etl/dbt/gate.ts";
import { registerDbtBackends } from "../../f/reverse_etl/dbt/register_backends.ts";
import { openSnowflake } from "../../f/reverse_etl/warehouse/snowflake_warehouse.ts";
import { registerCompiledBackend } from "../../local/dbt/compiled_backend.ts";
import { dbtOnEmulator } from "../../local/dbt/dbt_itself.ts";
import { buildWith } from "../dbt/dbt_builds.ts";
import { fillPurchases } from "../dbt/purchases_database.ts";
import { BECAUSE, emulatorForThisFile, NO_EMULATOR, newDatabase } from "../support/snowflake_lane.ts";

registerDbtBackends();
registerCompiledBackend();

const MODELS = ["retl.hubspot_contacts"];
/** The first one installs dbt. */
const TIMEOUT = 300_000;

const emulator = emulatorForThisFile();

/** Builds the models over the same purchases, in a database of its own; what every node answered, and the table. */
async function built(resourceFor: (database: string) => Promise<object>) {
  const database = newDatabase();
  const open = () => openSnowflake(emulator.resource(database), { run_id: "test", step: "dbt" });
  const warehouse = await open();
  onTestFinished(() => warehouse.close());
  await fillPurchases(warehouse);
  const request = { models: MODELS, fullRefresh: false, runId: "run-1" };
  const result = await buildWith(await resourceFor(database), request, { openWarehouse: open });
  return {
    result,
    nodes: [...result.nodes].sort((a, b) => (a.uniqueId < b.uniqueId ? -1 : 1)),
    columns: await warehouse.query(
      "select table_schema, table_name, column_name, data_type from information_schema.columns where table_schema = 'RETL' order by ordinal_position",
    ),
    rows: await warehouse.query("select * from retl.hubspot_contacts order by contact_id"),
  };
}

describe.skipIf(NO_EMULATOR !== null)(`real dbt over Snowflake's protocol${BECAUSE}`, () => {
  it("with its adapter for Snowflake and the SQL that was compiled for DuckDB build the same table and answer the same of every node", {
    timeout: TIMEOUT,
  }, async () => {
    const byDbt = await built((database) => dbtOnEmulator(emulator.url(), database));
    const bySql = await built(async () => ({ backend: "compiled" }));
    expect(byDbt.rows).toHaveLength(8);
    expect(byDbt.rows).toEqual(bySql.rows);
    expect(byDbt.columns).toEqual(bySql.columns);
    expect(byDbt.nodes).toEqual(bySql.nodes);
    expect(checkDbtResult(MODELS, byDbt.result).warnings).toEqual([
      expect.stringMatching(/average_order\S* warned: Got 1 result/),
    ]);
  });
});
