import { int, runEvent } from "../../asset_graph/event.ts";
import type { AssociationReport } from "./association_run.ts";
import { recordEvents } from "./events.ts";
import type { SyncSession } from "./sync_session.ts";

/** Records what a run did about the associations of the sync's asset: incomplete when the next run has to go on. */
export async function recordAssociations(session: SyncSession, report: AssociationReport): Promise<void> {
  const { created, removed, left, rejected, deferred, unknown, calls, planned, run_id } = report;
  const { waiting, target_missing } = planned;
  const counts = { created, removed, left, rejected, deferred, unknown, waiting, target_missing, calls };
  const metadata = Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [`associations_${name}`, int(count)]),
  );
  const { key, code_version, config } = session.sync;
  const kind = deferred + unknown > 0 ? "incomplete" : "associated";
  await recordEvents(session.session, config.schema, [
    runEvent(run_id, key, kind, { code_version, metadata }),
  ]);
}
