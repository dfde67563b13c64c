import type { Warehouse } from "../warehouse/warehouse.ts";
import { destinationOf } from "./lease.ts";
import { type CompiledSync, SyncSession } from "./sync_session.ts";

const TABLES = [
  "migrate_schema",
  "migrate_changes",
  "migrate_journal",
  "migrate_state",
  "migrate_rejections",
  "migrate_lease",
  "migrate_runs",
  "migrate_events",
] as const;

/** Creates what a sync needs in the warehouse and is not there yet; never changes or drops anything. */
export async function migrate(warehouse: Warehouse, sync: CompiledSync): Promise<void> {
  const session = new SyncSession(warehouse, sync);
  for (const name of TABLES) await session.execute(name, []);
  await session.execute("migrate_lease_row", [sync.key, destinationOf(sync)]);
}
