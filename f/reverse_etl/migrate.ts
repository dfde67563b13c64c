import { migrate } from "./sync/migrate.ts";
import { parseCompiledSync } from "./sync/sync_session.ts";
import { withWarehouse } from "./warehouse/open_warehouse.ts";

type Snowflake = object;

/**
 * Creates the tables that the syncs of a job keep in the warehouse, where they are not there yet. Needs the right to create
 * tables.
 *
 * @param warehouse The warehouse, with a role that may create tables.
 * @param syncs The syncs of the job, as the compiled flow has them.
 */
export async function main(warehouse: Snowflake, syncs: object[]) {
  const compiled = syncs.map(parseCompiledSync);
  await withWarehouse(warehouse, { run_id: "migrate", step: "migrate" }, async (open) => {
    for (const sync of compiled) await migrate(open, sync);
  });
  return { migrated: compiled.map(({ key }) => key) };
}
