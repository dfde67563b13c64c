import { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import { withMigrateHint } from "./migrate_hint.ts";
import type { DeclaredSync } from "./project.ts";
import type { OpenWorkspace } from "./workspace.ts";

/**
 * Opens the warehouse of a sync for as long as `work` takes; Snowflake's query history names the command.
 * Throws what `work` and the warehouse throw; `RETL_NOT_MIGRATED` names the command that makes the tables.
 */
export function withSync<T>(
  open: OpenWorkspace,
  declared: DeclaredSync,
  command: string,
  work: (session: SyncSession) => Promise<T>,
): Promise<T> {
  const { sync } = declared;
  const tag = { run_id: "tailrace", step: command };
  return open
    .withWarehouse(sync.config.resources.warehouse, tag, (warehouse) =>
      work(new SyncSession(warehouse, sync)),
    )
    .catch((error: unknown) => {
      throw withMigrateHint(error, declared, open);
    });
}
