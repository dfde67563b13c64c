import type { WarehouseSession } from "../warehouse/warehouse.ts";
import { RetlError } from "./error.ts";
import type { RunStatus } from "./runs.ts";
import { statement } from "./statement.ts";
import type { SyncConfig } from "./sync_config.ts";
import { cell, countOf, type SyncSession } from "./sync_session.ts";
import { tablesOfSchema } from "./tables.ts";

/**
 * What an alert is raised for.
 *
 * - `run_failed`: the last run failed or was held.
 * - `failed_rows`: more source rows than allowed are refused, by HubSpot or by the plan, or in doubt. All of them count, not only those of
 *   the last run, because a refused row that waits for its next try is as much missing as before.
 * - `run_time`: the last run took longer than allowed, from its plan to its end, or has not ended within that time (`raiseOverdue`).
 *
 * The last two stay as they are when a run fails, because such a run says nothing about them.
 */
export const ALERTS = ["run_failed", "failed_rows", "run_time"] as const;
export type Alert = (typeof ALERTS)[number];

/** Whether an alert is raised, and why; a reason names no row. */
export interface AlertVerdict {
  readonly alert: Alert;
  readonly raised: boolean;
  readonly reason: string;
}

/** What the thresholds are compared with. */
export interface AlertFacts {
  readonly status: RunStatus;
  /** The code or the sentence that a run which did not succeed ended with. */
  readonly message: string | null;
  /** Source rows that HubSpot does not have as the source has them: listed in the rejections, or in doubt. */
  readonly failedRows: number;
  readonly rowsRead: number;
  readonly runMs: number;
}

/**
 * Codes that say nothing of how the sync is: another run is in charge of it, or somebody approved a plan that is not there any more and reads
 * it in the answer.
 */
export const SAYS_NOTHING_OF_THE_SYNC: readonly string[] = [
  "RETL_BUSY",
  "RETL_LEASE_LOST",
  "RETL_RUN_SETTLED",
  "RETL_APPROVAL_UNKNOWN",
  "RETL_PLAN_CHANGED",
];

/** Whether a run that failed with this code is worth an alert. */
export function raisesAlert(code: string): boolean {
  return !SAYS_NOTHING_OF_THE_SYNC.includes(code);
}

/** Compares how a run ended with the thresholds of its sync; a threshold that is absent raises nothing. */
function alertVerdicts(
  facts: AlertFacts,
  settings: NonNullable<SyncConfig["alerts"]>,
): readonly AlertVerdict[] {
  const { failedRows, rowsRead, runMs } = facts;
  const { max_failed_rows, max_failed_fraction, max_run_minutes } = settings;
  const allowedRows = Math.min(
    max_failed_rows ?? Number.POSITIVE_INFINITY,
    (max_failed_fraction ?? Number.POSITIVE_INFINITY) * rowsRead,
  );
  const minutes = runMs / 60_000;
  const failed: AlertVerdict = {
    alert: "run_failed",
    raised: facts.status === "failed",
    reason: `the run failed: ${facts.message}`,
  };
  if (failed.raised) return [failed];
  return [
    failed,
    {
      alert: "failed_rows",
      raised: failedRows > allowedRows,
      reason: `${failedRows} of ${rowsRead} source rows are refused or in doubt (allowed: ${Math.floor(allowedRows)})`,
    },
    {
      alert: "run_time",
      raised: max_run_minutes !== undefined && minutes > max_run_minutes,
      reason: `the run took ${minutes.toFixed(1)} min (allowed: ${max_run_minutes})`,
    },
  ];
}

/**
 * Notes, in the transaction that closes a run, which alerts it raises and which it ends; a sync without alerts notes nothing. A run that
 * `goesOn` with associations may fail yet, so only their step ends `run_failed` (`endRunFailed`): else it would be over and raised in every run.
 */
export async function judgeAlerts(
  session: SyncSession,
  runId: string,
  end: Pick<AlertFacts, "status" | "message"> & { readonly goesOn: boolean },
): Promise<void> {
  const { dialect, sync } = session;
  if (sync.config.alerts === undefined) return;
  const [row] = await session.query("alert_facts", [runId, sync.key], {
    run_ms: dialect.millisecondsBetween("started_at", dialect.now),
  });
  const facts: AlertFacts = {
    ...end,
    failedRows: countOf(row, "failed_rows"),
    rowsRead: countOf(row, "rows_read"),
    runMs: countOf(row, "run_ms"),
  };
  for (const verdict of alertVerdicts(facts, sync.config.alerts)) {
    if (end.goesOn && verdict.alert === "run_failed" && !verdict.raised) continue;
    await changeAlert(session.session, sync.config.schema, sync.key, runId, verdict);
  }
}

/** Notes that a run went through to the end of its last step. */
export async function endRunFailed({ session, sync }: SyncSession, runId: string): Promise<void> {
  if (sync.config.alerts === undefined) return;
  const verdict = { alert: "run_failed", raised: false, reason: "" } as const;
  await changeAlert(session, sync.config.schema, sync.key, runId, verdict);
}

/**
 * Notes that a run of a sync failed outside its settling: in its plan, or before it in a step of the job.
 * Throws `RETL_NOT_MIGRATED` when the sync's alerts have no rows.
 */
export async function raiseRunFailed(
  session: WarehouseSession,
  of: { readonly schema: string; readonly sync: string; readonly runId: string },
  failure: { readonly code: string; readonly step: string },
): Promise<void> {
  const reason = failedReason(failure);
  await changeAlert(session, of.schema, of.sync, of.runId, { alert: "run_failed", raised: true, reason });
  await requireRows(session, of.schema, of.sync);
}

/** Why a run failed, without its error's message: a message may name rows. */
export function failedReason({ code, step }: { readonly code: string; readonly step: string }): string {
  return code.startsWith("RETL_HELD_") ? `the run is held: ${code}` : `the run failed: ${code} in ${step}`;
}

/** Throws `RETL_NOT_MIGRATED` for a sync with alerts whose state has no rows: its alerts would be lost in silence. */
export async function requireAlertRows({ session, sync }: SyncSession): Promise<void> {
  if (sync.config.alerts !== undefined) await requireRows(session, sync.config.schema, sync.key);
}

async function requireRows(session: WarehouseSession, schema: string, sync: string): Promise<void> {
  const tables = tablesOfSchema(schema, session.dialect);
  const [row] = await session.query(statement("alert_rows", session.dialect, tables), [sync]);
  if (countOf(row, "alerts") === ALERTS.length) return;
  throw new RetlError("RETL_NOT_MIGRATED", {
    what: `${tables.alerts} has ${cell(row, "alerts")} rows for ${sync} instead of ${ALERTS.length}.`,
    state: "Nothing was planned or sent.",
    next: "Run the migrate flow of the job.",
  });
}

/** Notes what became of an alert; it is told where its state changes. */
export async function changeAlert(
  session: WarehouseSession,
  schema: string,
  sync: string,
  runId: string,
  { alert, raised, reason }: AlertVerdict,
): Promise<void> {
  const state = raised ? "raised" : "over";
  const sql = statement("alert_change", session.dialect, tablesOfSchema(schema, session.dialect));
  // The reason of an alert that is over stays: the message says what it was.
  await session.execute(sql, [state, runId, raised ? reason : null, sync, alert, state]);
}
