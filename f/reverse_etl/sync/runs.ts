import type { Row } from "../warehouse/warehouse.ts";
import { RetlError } from "./error.ts";
import type { RunFigures } from "./run_figures.ts";
import type { RunParams } from "./run_params.ts";
import { cell, countOf, type SyncSession } from "./sync_session.ts";

export type RunStatus = "running" | "held" | "dry_run" | "succeeded" | "partial" | "failed";

/** The plan of one run, as `retl_runs` keeps it; every count is in rows. */
export interface PlanCounts {
  readonly rows_read: number;
  readonly unchanged: number;
  readonly to_create: number;
  readonly to_update: number;
  /** Records whose rows are gone from the source, to be archived, or to have their mapped properties emptied. */
  readonly to_archive: number;
  readonly to_clear: number;
  /** Source rows that HubSpot refused before and whose next try is not due, changes that `on_changed: leave` leaves alone, suppressed rows. */
  readonly skipped: number;
  /** Source rows that the plan refuses: without an id, with an id that stands several times, or with a value that HubSpot cannot hold. */
  readonly refused: number;
  /** Rows that the state knows and the source no longer has; what becomes of their records is `on_removed`. */
  readonly removed: number;
}

/** How many changes of a plan are to be sent; each gets one outcome. */
export function changesOf(plan: PlanCounts): number {
  return plan.to_create + plan.to_update + plan.to_archive + plan.to_clear;
}

export interface OutcomeCounts {
  readonly acknowledged: number;
  readonly rejected: number;
  readonly deferred: number;
  readonly unknown: number;
}

/** No change has an outcome. */
export const NO_OUTCOMES: OutcomeCounts = { acknowledged: 0, rejected: 0, deferred: 0, unknown: 0 };

export interface CallCounts {
  readonly calls: number;
  readonly rate_limited_calls: number;
  readonly latency_p50_ms: number | null;
  readonly latency_p95_ms: number | null;
  readonly latency_max_ms: number | null;
}

export interface RunRecord {
  readonly status: RunStatus;
  readonly message: string | null;
  readonly planId: string | null;
  readonly plan: PlanCounts | null;
  readonly outcomes: OutcomeCounts | null;
  readonly calls: CallCounts | null;
  readonly settled: boolean;
}

/** Writes the run down if it is not known yet; answers whether it is new. */
export async function startRun(session: SyncSession, runId: string, params: RunParams): Promise<boolean> {
  const { key, job, code_version } = session.sync;
  const binds = [runId, key, job, JSON.stringify(params), code_version, runId, key];
  const written = await session.execute("run_start", binds, {
    params: session.dialect.jsonFrom("cast(? as varchar)"),
  });
  return written === 1;
}

/** Answers null when the run is not known. */
export async function readRun(session: SyncSession, runId: string): Promise<RunRecord | null> {
  const rows = await session.query("run_read", [runId, session.sync.key], {
    params_text: session.dialect.jsonText("params"),
  });
  const [row] = rows;
  if (row === undefined) return null;
  return {
    status: cell(row, "status") as RunStatus,
    message: row.message ?? null,
    planId: row.plan_id ?? null,
    plan: row.planned_at === null ? null : planCounts(row),
    outcomes: row.settled_at === null ? null : outcomeCounts(row),
    calls: row.settled_at === null ? null : callCounts(row),
    settled: row.settled_at !== null,
  };
}

export function planCounts(row: Row | undefined): PlanCounts {
  return {
    rows_read: countOf(row, "rows_read"),
    unchanged: countOf(row, "unchanged"),
    to_create: countOf(row, "to_create"),
    to_update: countOf(row, "to_update"),
    to_archive: countOf(row, "to_archive"),
    to_clear: countOf(row, "to_clear"),
    skipped: countOf(row, "skipped"),
    refused: countOf(row, "refused"),
    removed: countOf(row, "removed"),
  };
}

export function outcomeCounts(row: Row | undefined): OutcomeCounts {
  return {
    acknowledged: countOf(row, "acknowledged"),
    rejected: countOf(row, "rejected"),
    deferred: countOf(row, "deferred"),
    unknown: countOf(row, "unknown"),
  };
}

/** What `retl_runs` or the journal says of the requests of a run. */
export function callCounts(row: Row | undefined): CallCounts {
  const latency = (column: string) => (row?.[column] == null ? null : countOf(row, column));
  return {
    calls: countOf(row, "calls"),
    rate_limited_calls: countOf(row, "rate_limited_calls"),
    latency_p50_ms: latency("latency_p50_ms"),
    latency_p95_ms: latency("latency_p95_ms"),
    latency_max_ms: latency("latency_max_ms"),
  };
}

/** Ends a run that sends nothing: held, a dry run, failed before its plan, or without changes. */
export async function finishRun(
  session: SyncSession,
  runId: string,
  end: { status: RunStatus; message: string | null; planId: string | null },
): Promise<void> {
  await session.execute("run_finished", [end.status, end.message, end.planId, runId, session.sync.key]);
}

/** Writes the plan's mark (R2). */
export async function markPlanned(
  session: SyncSession,
  runId: string,
  planId: string,
  plan: PlanCounts,
): Promise<void> {
  const counts = [
    plan.rows_read,
    plan.unchanged,
    plan.to_create,
    plan.to_update,
    plan.to_archive,
    plan.to_clear,
    plan.skipped,
    plan.refused,
    plan.removed,
  ];
  const hit = await session.execute("run_planned", [planId, ...counts.map(String), runId, session.sync.key]);
  requireRow(session, runId, hit);
}

/** Writes how a run ended and closes it for the fold; `figures` are null for a run that had nothing to push. */
export async function markSettled(
  session: SyncSession,
  runId: string,
  end: {
    status: RunStatus;
    message: string | null;
    outcomes: OutcomeCounts;
    calls: CallCounts;
    figures: RunFigures | null;
  },
): Promise<void> {
  const { dialect, sync } = session;
  const { outcomes, calls, figures } = end;
  const counts = [
    outcomes.acknowledged,
    outcomes.rejected,
    outcomes.deferred,
    outcomes.unknown,
    calls.calls,
    calls.rate_limited_calls,
    calls.latency_p50_ms,
    calls.latency_p95_ms,
    calls.latency_max_ms,
    figures?.latency_p99_ms,
    figures?.pushing_ms,
    figures?.permitted_calls,
  ];
  const json = (value: unknown) => (figures === null ? null : JSON.stringify(value));
  const hit = await session.execute(
    "run_settled",
    [
      end.status,
      end.message,
      ...counts.map((count) => (count == null ? null : `${count}`)),
      json(figures?.latency_histogram),
      json(figures?.codes),
      runId,
      sync.key,
    ],
    {
      latency_histogram: dialect.jsonFrom("cast(? as varchar)"),
      outcome_codes: dialect.jsonFrom("cast(? as varchar)"),
    },
  );
  requireRow(session, runId, hit);
}

function requireRow(session: SyncSession, runId: string, hit: number): void {
  if (hit === 1) return;
  throw new RetlError("RETL_COUNTS_DIFFER", {
    what: `${session.tables.runs} has ${hit} rows for the run ${runId} of ${session.sync.key} instead of one.`,
    state: "The step was rolled back.",
    next: "Rows of the table were deleted or doubled by hand; start a new run.",
  });
}

/** R9: the runs of this sync, oldest first, that planned changes and were never settled; `runId` itself left out. */
export async function unsettledRuns(session: SyncSession, runId: string): Promise<readonly string[]> {
  const rows = await session.query("run_unsettled", [session.sync.key, runId]);
  return rows.map((row) => cell(row, "run_id"));
}
