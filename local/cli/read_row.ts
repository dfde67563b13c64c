import { resultsScope } from "../../f/reverse_etl/sync/journal.ts";
import { holderOf, readLease } from "../../f/reverse_etl/sync/lease.ts";
import { type Mapping, mappingScope } from "../../f/reverse_etl/sync/mapping.ts";
import { type RunState, runState } from "../../f/reverse_etl/sync/run_standing.ts";
import { suppressionList } from "../../f/reverse_etl/sync/suppression_list.ts";
import { listScope } from "../../f/reverse_etl/sync/suppressions.ts";
import { cell, countOf, type SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import type { Row } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { type AssociationLine, readAssociationsOfRow } from "./read_associations.ts";
import { readRejectionsOfRow } from "./read_rejections.ts";

/** Property texts; shown only to somebody who asks for values. */
export type Values = Readonly<Record<string, string | null>>;

/** What the source has of an id now: no row, one, or several, which is an error of the source. */
export interface SourceRow {
  readonly row_hash: string;
  readonly values: Values;
}

/** What HubSpot last acknowledged of a row. */
export interface StateRow {
  readonly hubspot_id: string | null;
  readonly row_hash: string | null;
  readonly in_doubt: boolean;
  readonly run_id: string;
  readonly acknowledged_at: string | null;
  readonly removed_at: string | null;
  readonly resync_requested_at: string | null;
  readonly values: Values;
}

/** A run that did not find the row unchanged. */
export interface PlannedChange {
  readonly kind: "planned";
  readonly at: string;
  readonly run_id: string;
  readonly seq: number;
  readonly operation: string;
  readonly reason: string | null;
  /** The properties that were to be sent. */
  readonly properties: readonly string[];
  /** Null for a run that is not on record any more. */
  readonly run_status: RunState | null;
}

/** A call that answered for the row, or an attempt that began with it and never ended. */
export interface Attempt {
  readonly kind: "call" | "no_end";
  readonly at: string;
  readonly run_id: string;
  readonly seq: number;
  readonly batch: number;
  readonly http_status: number | null;
  readonly latency_ms: number | null;
  readonly outcome: string;
  readonly hubspot_id: string | null;
  readonly code: string | null;
  readonly property: string | null;
  readonly message: string | null;
}

/** All that is known of one source row. */
export interface RowHistory {
  readonly id: string;
  /** Whether it is on the list of ids that are never sent. */
  readonly suppressed: boolean;
  readonly source: readonly SourceRow[];
  readonly state: StateRow | null;
  readonly rejections: Awaited<ReturnType<typeof readRejectionsOfRow>>;
  readonly associations: readonly AssociationLine[];
  /** Oldest first. */
  readonly history: readonly (PlannedChange | Attempt)[];
  /** Whether older entries were left out. */
  readonly truncated: boolean;
}

export interface RowQuestion {
  readonly id: string;
  /** The latest so many changes, and as many calls. */
  readonly limit: number;
  /** Whether the row's values are read, too; they are personal. */
  readonly values: boolean;
}

/**
 * Reads all that is known of one source row.
 * Throws what the warehouse throws, and `RETL_SOURCE_…` when the source does not fit the mapping.
 */
export async function readRowHistory(
  session: SyncSession,
  mapping: Mapping,
  { id, limit, values }: RowQuestion,
): Promise<RowHistory> {
  const { dialect, sync } = session;
  const { source_id, source_hash } = mappingScope(mapping, dialect);
  const source = await session.query("report_row_source", [id], {
    source_id: source_id ?? "",
    source_hash: source_hash ?? "",
    columns: values ? columnTexts(session, mapping) : [],
  });
  const [state] = await session.query("report_row_state", [id], {
    payload_text: values ? dialect.jsonText("payload") : "null",
    acknowledged_at_text: dialect.timestampText("acknowledged_at"),
    removed_at_text: dialect.timestampText("removed_at"),
    resync_requested_at_text: dialect.timestampText("resync_requested_at"),
  });
  const changes = await session.query("report_row_changes", [sync.key, id], {
    payload_text: dialect.jsonText("c.payload"),
    detected_at_text: dialect.timestampText("c.detected_at"),
    limit: `${limit + 1}`,
  });
  const holder = holderOf(await readLease(session));
  const calls = await session.query("report_row_calls", [id], {
    ...resultsScope(session, "j.results"),
    happened_at_text: dialect.timestampText("happened_at"),
    limit: `${limit + 1}`,
  });
  return {
    id,
    suppressed: await isSuppressed(session, id),
    source: source.map((row) => ({
      row_hash: cell(row, "row_hash"),
      values: Object.fromEntries(
        values ? mapping.columns.map(({ property }, index) => [property, row[`c${index}`] ?? null]) : [],
      ),
    })),
    state: state === undefined ? null : stateRow(state),
    rejections: await readRejectionsOfRow(session, id),
    associations: await readAssociationsOfRow(session, id),
    history: inTime([
      ...changes.slice(0, limit).map((row) => plannedChange(row, holder)),
      ...calls.slice(0, limit).map(attempt),
    ]),
    truncated: changes.length > limit || calls.length > limit,
  };
}

async function isSuppressed(session: SyncSession, id: string): Promise<boolean> {
  const list = suppressionList(session.sync.config);
  if (list === null) return false;
  const [row] = await session.query("report_row_suppressed", [id], listScope(list, session.dialect));
  return countOf(row, "listed") > 0;
}

function columnTexts({ dialect }: SyncSession, { columns }: Mapping) {
  return columns.map(({ column, kind }, index) => ({
    alias: `c${index}`,
    text: dialect.textOf(dialect.identifier(column), kind),
  }));
}

function stateRow(row: Row): StateRow {
  return {
    hubspot_id: row.hubspot_id ?? null,
    row_hash: row.row_hash ?? null,
    in_doubt: cell(row, "in_doubt") === "true",
    run_id: cell(row, "run_id"),
    acknowledged_at: row.acknowledged_at ?? null,
    removed_at: row.removed_at ?? null,
    resync_requested_at: row.resync_requested_at ?? null,
    values: JSON.parse(row.payload ?? "{}") as Values,
  };
}

function plannedChange(row: Row, holder: string | null): PlannedChange {
  const run_id = cell(row, "run_id");
  return {
    kind: "planned",
    at: cell(row, "detected_at"),
    run_id,
    seq: countOf(row, "seq"),
    operation: cell(row, "operation"),
    reason: row.reason ?? null,
    properties: Object.keys(JSON.parse(row.payload ?? "{}") as object).sort(),
    run_status: row.status == null ? null : runState(row, holder === run_id),
  };
}

function attempt(row: Row): Attempt {
  const outcome = cell(row, "outcome");
  return {
    kind: outcome === "no end" ? "no_end" : "call",
    at: cell(row, "happened_at"),
    run_id: cell(row, "run_id"),
    seq: countOf(row, "seq"),
    batch: countOf(row, "batch_number"),
    http_status: row.http_status == null ? null : countOf(row, "http_status"),
    latency_ms: row.latency_ms == null ? null : countOf(row, "latency_ms"),
    outcome: outcome === "no end" ? "unknown" : outcome,
    hubspot_id: row.hubspot_id ?? null,
    code: row.code ?? null,
    property: row.property ?? null,
    message: row.message ?? null,
  };
}

/**
 * Run after run, and in each its plan before its calls: a call's time is the worker's and a plan's the database's, so the two clocks are
 * not compared within a run.
 */
function inTime(entries: readonly (PlannedChange | Attempt)[]): readonly (PlannedChange | Attempt)[] {
  const plannedAt = new Map(
    entries.flatMap((entry) => (entry.kind === "planned" ? [[entry.run_id, entry.at] as const] : [])),
  );
  const key = (entry: PlannedChange | Attempt) => {
    const run = plannedAt.get(entry.run_id) ?? entry.at;
    return `${run} ${entry.run_id} ${entry.kind === "planned" ? 0 : 1} ${entry.at}`;
  };
  return [...entries].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
