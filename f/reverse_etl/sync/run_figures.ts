import { type CallCounts, callCounts } from "./runs.ts";
import type { SyncConfig } from "./sync_config.ts";
import { cell, countOf, type SyncSession } from "./sync_session.ts";

/** Rows of a run that share the reason for which HubSpot has not confirmed them. */
export interface OutcomeCode {
  readonly outcome: "rejected" | "unknown" | "deferred";
  /** HubSpot's code or one of ours; null when there was no answer that could name one, or nothing was sent. */
  readonly code: string | null;
  readonly property: string | null;
  readonly rows: number;
  /** The source id of one of them. */
  readonly example_id: string | null;
}

/** Requests that took up to this long, and longer than the bucket before. */
export interface LatencyBucket {
  /** Null for the last bucket, which has no end. */
  readonly up_to_ms: number | null;
  readonly calls: number;
}

/** What a run was like beside its counts; stored in `retl_runs`. */
export interface RunFigures {
  readonly latency_p99_ms: number | null;
  /** Buckets that have a request, the fastest first. */
  readonly latency_histogram: readonly LatencyBucket[];
  /** From the first request to the last answer; null without a request. */
  readonly pushing_ms: number | null;
  /** What the limit permitted in that time: one window's requests, or more when it took longer. */
  readonly permitted_calls: number | null;
  /** Most rows first, at most `MOST_CODES`. */
  readonly codes: readonly OutcomeCode[];
}

/** Ends of the latency buckets in milliseconds: logarithmic, three a decade. */
export const BUCKET_ENDS = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] as const;

/** More kinds of reasons than anyone reads; the tables have all of them. */
const MOST_CODES = 50;

/** Reads why the changes of a fold are not acknowledged, by run; only before the fold is done. */
export async function readFoldedCodes(
  session: SyncSession,
  foldId: string,
): Promise<ReadonlyMap<string, readonly OutcomeCode[]>> {
  const rows = await session.query("run_report_codes", [foldId]);
  const byRun = new Map<string, OutcomeCode[]>();
  for (const row of rows) {
    const runId = cell(row, "run_id");
    const codes = byRun.get(runId) ?? [];
    byRun.set(runId, codes);
    if (codes.length === MOST_CODES) continue;
    codes.push({
      outcome: cell(row, "outcome") as OutcomeCode["outcome"],
      code: row.code ?? null,
      property: row.property ?? null,
      rows: countOf(row, "outcome_rows"),
      example_id: row.example_id ?? null,
    });
  }
  return byRun;
}

/** Reads from the journal what the requests of a run were like. */
export async function readCalls(
  session: SyncSession,
  runId: string,
): Promise<{ readonly calls: CallCounts; readonly figures: Omit<RunFigures, "codes"> }> {
  const { dialect, sync } = session;
  const ends: readonly (number | null)[] = [...BUCKET_ENDS, null];
  const columns = ends.map((_, index) => `bucket_${index}`);
  const [row] = await session.query("call_counts", [runId], {
    p50: dialect.percentile("latency_ms", 0.5),
    p95: dialect.percentile("latency_ms", 0.95),
    p99: dialect.percentile("latency_ms", 0.99),
    pushing_ms: dialect.millisecondsBetween(
      "min(sent_at)",
      `max(${dialect.addMilliseconds("sent_at", "latency_ms")})`,
    ),
    buckets: ends.map((end, index) => ({
      over: `${BUCKET_ENDS[index - 1] ?? -1}`,
      limit: end === null ? "" : ` and latency_ms <= ${end}`,
      column: columns[index] ?? "",
    })),
  });
  const pushingMs = optional(row, "pushing_ms");
  return {
    calls: callCounts(row),
    figures: {
      latency_p99_ms: optional(row, "latency_p99_ms"),
      latency_histogram: ends
        .map((end, index) => ({ up_to_ms: end, calls: countOf(row, columns[index] ?? "") }))
        .filter(({ calls }) => calls > 0),
      pushing_ms: pushingMs,
      permitted_calls: pushingMs === null ? null : permittedCalls(pushingMs, sync.config.rate),
    },
  };
}

/** Reads the figures that a settled run was stored with. */
export async function readFigures(session: SyncSession, runId: string): Promise<RunFigures> {
  const { dialect, sync } = session;
  const [row] = await session.query("run_report_read", [runId, sync.key], {
    latency_histogram_text: dialect.jsonText("latency_histogram"),
    outcome_codes_text: dialect.jsonText("outcome_codes"),
  });
  return {
    latency_p99_ms: optional(row, "latency_p99_ms"),
    latency_histogram: JSON.parse(row?.latency_histogram ?? "[]") as LatencyBucket[],
    pushing_ms: optional(row, "pushing_ms"),
    permitted_calls: optional(row, "permitted_calls"),
    codes: outcomeCodes(row?.outcome_codes),
  };
}

/** The codes that a run was stored with, as text; none where it was not settled. */
export function outcomeCodes(text: string | null | undefined): readonly OutcomeCode[] {
  return JSON.parse(text ?? "[]") as OutcomeCode[];
}

/** Why rows were not sent, once each. */
export function putOffFor(codes: readonly OutcomeCode[]): readonly string[] {
  const named = codes.flatMap(({ outcome, code }) => (outcome === "deferred" && code !== null ? [code] : []));
  return [...new Set(named)];
}

/** Requests that a limit permits in a time; a time shorter than its window has a whole window's. */
function permittedCalls(milliseconds: number, rate: SyncConfig["rate"]): number {
  return Math.floor(rate.calls * Math.max(1, milliseconds / (rate.window_seconds * 1000)));
}

function optional(row: Parameters<typeof countOf>[0], column: string): number | null {
  return row?.[column] == null ? null : countOf(row, column);
}
