import { associationScope } from "./association_scope.ts";
import { recordPurged, stateVersion } from "./run_events.ts";
import { type Purge, type Suppressed, suppressionScope } from "./suppressions.ts";
import { countOf, type SyncSession } from "./sync_session.ts";

/**
 * Deletes what the tables of the sync hold of suppressed rows, and of its associations with those of other syncs, in the caller's
 * transaction, if there is anything: `found` is what was suppressed before. The state goes last, because it tells whose records they are.
 */
export async function purgeSuppressed(session: SyncSession, runId: string, found: Suppressed): Promise<void> {
  const { config, targets = [] } = session.sync;
  const scope = suppressionScope(session);
  const isSuppressing = scope.suppressing === true;
  const hasLinks =
    config.associations.length > 0 &&
    (isSuppressing || targets.some(({ suppressions }) => suppressions !== undefined));
  const associations = hasLinks
    ? await session.execute("purge_associations", [], await associationScope(session))
    : 0;
  const purge: Purge =
    found.ids > 0
      ? {
          associations,
          changes: await session.execute("purge_changes", [], scope),
          rejections: await session.execute("purge_rejections", [], scope),
          state: found.stateRows > 0 ? await session.execute("purge_state", [], scope) : 0,
        }
      : { associations, changes: 0, rejections: 0, state: 0 };
  if (Object.values(purge).some((rows) => rows > 0)) await recordPurged(session, runId, purge);
}

/** Whether the state is empty because a purge left it so, and not because it was lost since. */
export async function isEmptiedByPurge(session: SyncSession): Promise<boolean> {
  const [row] = await session.query("state_purged", [session.sync.key], { version: stateVersion(session) });
  return countOf(row, "acknowledging_runs") === 0;
}
