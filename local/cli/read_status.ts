import type { Metadata } from "../../f/asset_graph/event.ts";
import { SAYS_NOTHING_OF_THE_SYNC } from "../../f/reverse_etl/sync/alerts.ts";
import { holderOf, readLease } from "../../f/reverse_etl/sync/lease.ts";
import { outcomeCodes, putOffFor } from "../../f/reverse_etl/sync/run_figures.ts";
import { parseRunParams } from "../../f/reverse_etl/sync/run_params.ts";
import { type RunState, runState } from "../../f/reverse_etl/sync/run_standing.ts";
import { statement } from "../../f/reverse_etl/sync/statement.ts";
import { cell, countOf, type SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import { quoteLiteral } from "../../f/reverse_etl/warehouse/identifier.ts";
import type { Row } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { type RejectionCode, readRejectionCodes } from "./read_rejections.ts";

const COUNTS = [
  "rows_read",
  "unchanged",
  "to_create",
  "to_update",
  "to_archive",
  "to_clear",
  "skipped",
  "refused",
  "removed",
  "acknowledged",
  "rejected",
  "deferred",
  "unknown",
  "calls",
  "rate_limited_calls",
  "latency_p50_ms",
  "latency_p95_ms",
] as const;

export interface RunLine {
  readonly run_id: string;
  readonly state: RunState;
  readonly message: string | null;
  readonly plan_id: string | null;
  /** What the run was asked to send: `changes`, `all` or `rejected`. */
  readonly resync: string;
  readonly started_at: string;
  readonly finished_at: string | null;
  /** Why rows were not sent, once each. */
  readonly put_off_for: readonly string[];
  /** Null where the run did not get so far. */
  readonly counts: Readonly<Record<(typeof COUNTS)[number], number | null>>;
}

/** What last became of one asset that a sync stands on, or of the sync itself. */
export interface AssetEnd {
  readonly asset: string;
  readonly kind: string;
  readonly run_id: string;
  readonly at: string;
  /** The error code or the reason, when there is one. */
  readonly why: string | null;
}

export interface SyncStatus {
  readonly sync: string;
  readonly runs: readonly RunLine[];
  /** The sync and what it depends on, as far as a run has recorded it. */
  readonly assets: readonly AssetEnd[];
  readonly rows: {
    readonly acknowledged: number;
    readonly in_doubt: number;
    /** Asked for again by a resync, and not acknowledged since. */
    readonly resync: number;
    readonly removed: number;
  };
  readonly rejections: readonly RejectionCode[];
  /** Rows that the last run did not get to, and how long the first of them has waited; null when there are none. */
  readonly put_off: { readonly rows: number; readonly since: string; readonly age_ms: number } | null;
  /** Null when no run holds it. */
  readonly lease: { readonly holder: string; readonly expires_in_ms: number } | null;
  /** Milliseconds until something may be sent again; 0 for now. */
  readonly sends_again_in_ms: number;
  /** The last run that owed HubSpot nothing at its end. */
  readonly last_success: { readonly at: string; readonly age_ms: number } | null;
}

/**
 * Reads how a sync stands. `assets` are the keys whose last events belong to it.
 * Throws `RETL_NOT_MIGRATED` without its tables.
 */
export async function readStatus(
  session: SyncSession,
  assets: readonly string[],
  limit: number,
): Promise<SyncStatus> {
  const { dialect, sync } = session;
  const lease = await readLease(session);
  const holder = holderOf(lease);
  const runs = await session.query("report_runs", [sync.key], {
    started_at_text: dialect.timestampText("started_at"),
    finished_at_text: dialect.timestampText("finished_at"),
    params_text: dialect.jsonText("params"),
    outcome_codes_text: dialect.jsonText("outcome_codes"),
    says_nothing: `coalesce(message, '') in (${SAYS_NOTHING_OF_THE_SYNC.map(quoteLiteral).join(", ")})`,
    limit: `${limit}`,
  });
  const [stand] = await session.query("report_status", [sync.key], {
    finished_at_text: dialect.timestampText("finished_at"),
    finished_age_ms: dialect.millisecondsBetween("finished_at", dialect.now),
  });
  const succeeded = stand?.last_success_at ?? null;
  return {
    sync: sync.key,
    runs: runs.map((row) => runLine(row, holder)),
    assets: (await readEnds(session)).filter(({ asset }) => assets.includes(asset)),
    rows: {
      acknowledged: countOf(stand, "acknowledged_rows"),
      in_doubt: countOf(stand, "in_doubt_rows"),
      resync: countOf(stand, "resync_rows"),
      removed: countOf(stand, "removed_rows"),
    },
    rejections: await readRejectionCodes(session, null),
    put_off: await readPutOff(session),
    lease: holder === null ? null : { holder, expires_in_ms: lease.remainingMs },
    sends_again_in_ms: lease.notBeforeMs,
    last_success:
      succeeded === null ? null : { at: succeeded, age_ms: countOf(stand, "last_success_age_ms") },
  };
}

async function readPutOff(session: SyncSession): Promise<SyncStatus["put_off"]> {
  const { dialect, sync } = session;
  const [row] = await session.query("report_deferred", [sync.key], {
    since_text: dialect.timestampText("deferred.since"),
    age_ms: dialect.millisecondsBetween("deferred.since", dialect.now),
  });
  const rows = countOf(row, "deferred_rows");
  return rows === 0 ? null : { rows, since: cell(row, "since"), age_ms: countOf(row, "age_ms") };
}

async function readEnds({ session, dialect, tables }: SyncSession): Promise<readonly AssetEnd[]> {
  const code = `coalesce(${dialect.property("metadata", "code")}, '')`;
  const sql = statement("report_events", dialect, {
    events: tables.events,
    occurred_at_text: dialect.timestampText("occurred_at"),
    metadata_text: dialect.jsonText("metadata"),
    says_nothing: `(${SAYS_NOTHING_OF_THE_SYNC.map((one) => `contains(${code}, ${quoteLiteral(`"${one}"`)})`).join(" or ")})`,
  });
  return (await session.query(sql)).map((row) => ({
    asset: cell(row, "asset_key"),
    kind: cell(row, "kind"),
    run_id: cell(row, "run_id"),
    at: cell(row, "occurred_at"),
    why: reasonIn(row.metadata ?? "{}"),
  }));
}

function reasonIn(metadata: string): string | null {
  const { code, reason } = JSON.parse(metadata) as Metadata;
  const found = code ?? reason;
  return found?.type === "text" ? found.value : null;
}

function runLine(row: Row, holder: string | null): RunLine {
  const run_id = cell(row, "run_id");
  const counts = COUNTS.map((name) => [name, row[name] == null ? null : countOf(row, name)] as const);
  return {
    run_id,
    state: runState(row, holder === run_id),
    message: row.message ?? null,
    plan_id: row.plan_id ?? null,
    resync: parseRunParams(JSON.parse(row.params ?? "{}")).resync,
    started_at: cell(row, "started_at"),
    finished_at: row.finished_at ?? null,
    put_off_for: putOffFor(outcomeCodes(row.outcome_codes)),
    counts: Object.fromEntries(counts) as RunLine["counts"],
  };
}
