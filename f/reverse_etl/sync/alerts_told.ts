import type { Row, WarehouseSession } from "../warehouse/warehouse.ts";
import type { Alert } from "./alerts.ts";
import { statement } from "./statement.ts";
import { cell } from "./sync_session.ts";
import { tablesOfSchema } from "./tables.ts";

/** One change of an alert's state, as it is told. */
export interface AlertChange {
  readonly sync: string;
  readonly alert: Alert;
  readonly state: "raised" | "over";
  /** ISO 8601 text in UTC: when the state changed. */
  readonly since: string;
  /** The run that changed it. */
  readonly run_id: string | null;
  /** What the alert is or was raised for; names no row. */
  readonly reason: string | null;
}

/** Tells one change. Never throws: answers why it could not, in words without the address; null when it was told. */
export type TellAlert = (change: AlertChange) => Promise<string | null>;

/** A step that claimed a change and died gives it up after this long; the message itself takes at most 10 s. */
const CLAIM_MS = 60_000;

/**
 * Tells every change of a sync's alerts that nobody was told of. Each is claimed first, so that of several steps one tells it; what could not
 * be told stays for the next step or run. Told at least once: a step that dies right after telling tells it again.
 *
 * Never throws, because nothing of a run depends on its alerts: answers what went wrong.
 */
export async function tellAlerts(
  session: WarehouseSession,
  of: { readonly schema: string; readonly sync: string },
  tell: TellAlert,
): Promise<readonly string[]> {
  try {
    return await tellUntold(session, of, tell);
  } catch (error) {
    const code = error instanceof Error ? error.name : "Error";
    return [`the alerts of ${of.sync} could not be read or marked (${code})`];
  }
}

async function tellUntold(
  session: WarehouseSession,
  of: { readonly schema: string; readonly sync: string },
  tell: TellAlert,
): Promise<readonly string[]> {
  const { dialect } = session;
  const scope = {
    ...tablesOfSchema(of.schema, dialect),
    given_up: dialect.addMilliseconds(dialect.now, `${-CLAIM_MS}`),
    since_text: dialect.timestampText("since"),
  };
  const problems: string[] = [];
  for (const row of await session.query(statement("alert_untold", dialect, scope), [of.sync])) {
    const change = changeOf(of.sync, row);
    const { sync, alert, state } = change;
    const claimed = await session.execute(statement("alert_claim", dialect, scope), [sync, alert]);
    if (claimed !== 1) continue;
    const problem = await tell(change);
    if (problem === null)
      await session.execute(statement("alert_told", dialect, scope), [sync, alert, state]);
    else {
      await session.execute(statement("alert_untried", dialect, scope), [sync, alert]);
      problems.push(`the alert ${alert} of ${sync} could not be told (${problem}); the next run tries again`);
    }
  }
  return problems;
}

function changeOf(sync: string, row: Row): AlertChange {
  return {
    sync,
    alert: cell(row, "alert") as Alert,
    state: cell(row, "state") as AlertChange["state"],
    since: cell(row, "since"),
    run_id: row.run_id ?? null,
    reason: row.reason ?? null,
  };
}
