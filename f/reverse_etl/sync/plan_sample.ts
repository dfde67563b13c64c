import { MOST_BYTES, ROW_BYTES } from "./call_size.ts";
import type { HubSpot, HubSpotAnswer } from "./hubspot_port.ts";
import { REFUSALS } from "./refusals.ts";
import type { SyncConfig } from "./sync_config.ts";
import { cell, countOf, type SyncSession } from "./sync_session.ts";
import type { ReadBack } from "./verdict.ts";

/** One change of a plan, to be shown. */
export interface SampledChange {
  /** The id of its source row. */
  readonly id: string;
  readonly operation: string;
  /** Why it is in the plan: `new`, `changed`, `in_doubt`, … */
  readonly reason: string;
  readonly hubspotId: string | null;
  /** The properties that would be sent. */
  readonly payload: Readonly<Record<string, string>>;
}

/** Source rows that a plan refuses for one reason. */
export interface PlanRefusal {
  readonly code: string;
  /** The property whose value is at fault; null where none is. */
  readonly property: string | null;
  readonly rows: number;
}

/** Changes of one operation that are about as long. */
export interface SizedChanges {
  readonly operation: string;
  readonly rows: number;
  /** How many of them a call takes, by its greatest number of rows and of bytes; at least 1. */
  readonly rowsOfCall: number;
}

/** A stored plan in small. */
export interface PlanSample {
  /** Changes by operation. */
  readonly operations: Readonly<Record<string, number>>;
  /** All changes, by operation and length. */
  readonly sized: readonly SizedChanges[];
  /** The first changes of each operation, in turns. */
  readonly changes: readonly SampledChange[];
  /** The most frequent first. */
  readonly refusals: readonly PlanRefusal[];
}

/** What HubSpot holds for sampled changes now. */
export interface PresentRecords {
  /** In the order of the changes. */
  readonly records: readonly ReadBack[];
  /** The answer they were read from; null when there was nothing to read. */
  readonly answer: HubSpotAnswer | null;
  /** Why they could not be read; null when they were. */
  readonly problem: string | null;
}

/** Reads a sample of the plan that a run stored, of at most `rows` changes. */
export async function readPlanSample(session: SyncSession, runId: string, rows: number): Promise<PlanSample> {
  const sized = await readSizedChanges(session, runId);
  const refused = await session.query("run_report_refusals", [runId], REFUSALS);
  const sampled = await session.query("run_report_sample", [runId], {
    payload_text: session.dialect.jsonText("payload"),
    sample_rows: `${rows}`,
  });
  return {
    operations: byOperation(sized),
    sized,
    changes: sampled.map((row) => ({
      id: cell(row, "id"),
      operation: cell(row, "operation"),
      reason: row.reason ?? "",
      hubspotId: row.hubspot_id ?? null,
      payload: JSON.parse(row.payload ?? "{}") as Record<string, string>,
    })),
    refusals: refused.map((row) => ({
      code: cell(row, "code"),
      property: row.property ?? null,
      rows: countOf(row, "refused_rows"),
    })),
  };
}

async function readSizedChanges(session: SyncSession, runId: string): Promise<SizedChanges[]> {
  const { dialect, sync } = session;
  const rows = await session.query("run_report_operations", [runId], {
    payload_text: dialect.jsonText("payload"),
    desired_text: dialect.jsonText("desired"),
    batch_size: `${sync.config.batch_size}`,
    most_bytes: `${MOST_BYTES}`,
    row_bytes: `${ROW_BYTES}`,
  });
  return rows.map((row) => ({
    operation: cell(row, "operation"),
    rows: countOf(row, "operation_rows"),
    rowsOfCall: countOf(row, "rows_of_call"),
  }));
}

function byOperation(sized: readonly SizedChanges[]): Record<string, number> {
  const operations: Record<string, number> = {};
  for (const { operation, rows } of sized) operations[operation] = (operations[operation] ?? 0) + rows;
  return operations;
}

/**
 * Reads what HubSpot holds for sampled changes, at most 100, with one request: by the sync's unique property, else by record id. What cannot be
 * read is unknown.
 */
export async function readPresentRecords(
  hubspot: HubSpot,
  config: SyncConfig,
  changes: readonly SampledChange[],
): Promise<PresentRecords> {
  if (changes.length === 0) return { records: [], answer: null, problem: null };
  const idProperty = config.match_property ?? null;
  const mapped = changes.flatMap(({ payload }) => Object.keys(payload));
  const request = {
    objectType: config.object_type,
    idProperty,
    ids: changes.map(({ id }) => id),
    properties: [...new Set([...(idProperty === null ? [] : [idProperty]), ...mapped])],
  };
  const answer = await hubspot.read(request);
  const verdict = hubspot.judgeRead(request, answer);
  if (verdict.kind === "settle") return { records: verdict.rows, answer, problem: null };
  const problem = verdict.kind === "stop" ? `${verdict.stop.code}: ${verdict.stop.reason}` : verdict.code;
  return { records: changes.map(() => ({ kind: "unknown" })), answer, problem };
}
