import type { Dialect } from "../warehouse/dialect.ts";
import type { Warehouse } from "../warehouse/warehouse.ts";
import { ALERTS } from "./alerts.ts";
import { destinationOf } from "./lease.ts";
import { type CompiledSync, SyncSession } from "./sync_session.ts";
import type { Tables } from "./tables.ts";

const TABLES = [
  "migrate_schema",
  "migrate_changes",
  "migrate_journal",
  "migrate_state",
  "migrate_rejections",
  "migrate_fold",
  "migrate_lease",
  "migrate_runs",
  "migrate_events",
  "migrate_alerts",
] as const;

/** What these tables did not have when they were first made, with the kind of column. */
const ADDED = {
  runs: {
    to_archive: "integer",
    to_clear: "integer",
    definitions: "text",
    latency_p99_ms: "integer",
    latency_histogram: "json",
    pushing_ms: "integer",
    permitted_calls: "integer",
    outcome_codes: "json",
  },
  changes: { property: "text" },
  state: { resync_requested_at: "timestamp" },
} as const satisfies Partial<Record<keyof Tables, Record<string, keyof Dialect["types"]>>>;

/** Creates what a sync needs in the warehouse and is not there yet; never changes or drops what is. */
export async function migrate(warehouse: Warehouse, sync: CompiledSync): Promise<void> {
  const session = new SyncSession(warehouse, sync);
  for (const name of TABLES) await session.execute(name, []);
  if (sync.config.associations.length > 0) await session.execute("migrate_associations", []);
  for (const [table, columns] of Object.entries(ADDED)) {
    for (const [column, type] of Object.entries(columns)) {
      await session.execute("migrate_column", [], {
        table: session.tables[table as keyof typeof ADDED],
        column,
        column_type: session.dialect.types[type],
      });
    }
  }
  await session.execute("migrate_lease_row", [sync.key, destinationOf(sync)]);
  for (const alert of ALERTS) {
    await session.execute("migrate_alert_row", [sync.key, alert, sync.key, alert]);
  }
}
