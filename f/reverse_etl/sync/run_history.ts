import { countOf, type SyncSession } from "./sync_session.ts";

/** What the runs of a sync left behind. */
export interface RunHistory {
  /** Entries of the journal that no run folded, and runs that planned changes and were never settled (R9); the asking run's left out. */
  readonly unfoldedEntries: number;
  readonly unsettledRuns: number;
  /** Runs of which HubSpot acknowledged a row, and runs that did not get to all of theirs; the asking run's not left out. */
  readonly acknowledgingRuns: number;
  readonly deferringRuns: number;
}

/** Reads it in one statement, for the run `runId`. */
export async function readHistory(session: SyncSession, runId: string): Promise<RunHistory> {
  const [row] = await session.query("run_history", [runId, runId, session.sync.key]);
  return {
    unfoldedEntries: countOf(row, "unfolded_entries"),
    unsettledRuns: countOf(row, "unsettled_runs"),
    acknowledgingRuns: countOf(row, "acknowledging_runs"),
    deferringRuns: countOf(row, "deferring_runs"),
  };
}

/** Whether there is anything that `settlePredecessors` would settle. */
export function isSettled({ unfoldedEntries, unsettledRuns }: RunHistory): boolean {
  return unfoldedEntries === 0 && unsettledRuns === 0;
}
