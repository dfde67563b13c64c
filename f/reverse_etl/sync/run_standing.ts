import type { Row } from "../warehouse/warehouse.ts";
import type { RunStatus } from "./runs.ts";
import { cell, countOf, type SyncSession } from "./sync_session.ts";

/**
 * How a run stands, for somebody who was not there. `failed` and `died` go beyond what the status in `retl_runs` can say of a run whose
 * process is gone: the one was recorded by the failure step, the other is over and was never settled.
 */
export type RunState = RunStatus | "died";

/** `mayGoOn` tells that the run may still be at work, as a run that holds the lease may; its `status` and `failed` are in `row`. */
export function runState(row: Row, mayGoOn: boolean): RunState {
  const status = cell(row, "status") as RunStatus;
  // A run that is settled may fail yet, where it associates its records.
  const mayFail = status === "running" || status === "succeeded" || status === "partial";
  if (mayFail && row.failed === "yes") return "failed";
  if (status !== "running") return status;
  return mayGoOn ? "running" : "died";
}

export interface RunStanding {
  readonly state: RunState;
  /** The code of what went wrong. */
  readonly message: string | null;
  /** ISO 8601 text in UTC. */
  readonly startedAt: string;
  /** Milliseconds from its start to its failure, or until now. */
  readonly runMs: number;
}

/** Reads how a run stands; null for one that has not stored its plan yet. */
export async function readStanding(
  session: SyncSession,
  runId: string,
  mayGoOn: boolean,
): Promise<RunStanding | null> {
  const { dialect, sync } = session;
  const [row] = await session.query("run_standing", [runId, sync.key], {
    started_at_text: dialect.timestampText("started_at"),
    run_ms: dialect.millisecondsBetween("started_at", `coalesce(failure_recorded_at, ${dialect.now})`),
  });
  if (row === undefined) return null;
  return {
    state: runState(row, mayGoOn),
    message: row.message ?? null,
    startedAt: cell(row, "started_at"),
    runMs: countOf(row, "run_ms"),
  };
}
