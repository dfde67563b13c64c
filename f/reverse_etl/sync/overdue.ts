import { changeAlert } from "./alerts.ts";
import { readStanding } from "./run_standing.ts";
import type { SyncSession } from "./sync_session.ts";

/**
 * Raises `run_time` for a run that another one meets before its end, when it has taken longer than allowed: a run that hangs or whose worker
 * died cannot raise it itself. `next` is what to do, as an end of a sentence. Never ends the alert: the next run that goes through does.
 */
export async function raiseOverdue(session: SyncSession, runId: string, next: string): Promise<void> {
  const { config, key } = session.sync;
  const allowed = config.alerts?.max_run_minutes;
  if (allowed === undefined) return;
  const run = await readStanding(session, runId, true);
  if (run === null || run.runMs <= allowed * 60_000) return;
  const minutes = (run.runMs / 60_000).toFixed(1);
  const reason = `the run ${runId} began at ${run.startedAt} and did not end within ${minutes} min (allowed: ${allowed}): ${next}`;
  await changeAlert(session.session, config.schema, key, runId, { alert: "run_time", raised: true, reason });
}
