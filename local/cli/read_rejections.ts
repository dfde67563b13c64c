import { cell, countOf, type SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import type { Row } from "../../f/reverse_etl/warehouse/warehouse.ts";

/** The rows that are refused for one reason. */
export interface RejectionCode {
  readonly code: string;
  readonly property: string | null;
  readonly rows: number;
  readonly first_at: string;
  readonly last_at: string;
  /** When the first of them is tried again; null for rows that wait for a change of the source. */
  readonly next_try_at: string | null;
}

/** One refused row; `id` is the source's, and null for a row without one. The message has no value of the row in it. */
export interface RejectedRow {
  readonly id: string | null;
  readonly code: string;
  readonly property: string | null;
  readonly message: string;
  readonly attempts: number;
  readonly first_at: string;
  readonly last_at: string;
  readonly next_try_at: string | null;
}

/** More reasons than this are no longer a summary. */
const MOST_CODES = 200;

/** The reasons for which rows are refused now, the most frequent first; those of one code, or null for all. */
export async function readRejectionCodes(
  session: SyncSession,
  code: string | null,
): Promise<readonly RejectionCode[]> {
  const scope = { ...times(session), limit: `${MOST_CODES}` };
  const rows = await session.query("report_rejection_codes", [code, code], scope);
  return rows.map((row) => ({
    code: cell(row, "code"),
    property: row.property ?? null,
    rows: countOf(row, "refused_rows"),
    first_at: cell(row, "first_at"),
    last_at: cell(row, "last_at"),
    next_try_at: row.next_try_at ?? null,
  }));
}

/** The refused rows, those refused last first; at most `limit`. */
export async function readRejectedRows(
  session: SyncSession,
  code: string | null,
  limit: number,
): Promise<readonly RejectedRow[]> {
  const rows = await session.query("report_rejections", [code, code], {
    ...times(session),
    limit: `${limit}`,
  });
  return rows.map((row) => ({ id: row.id ?? null, ...rejectionOf(row) }));
}

/** What the list says of one source row; one that `waits` is not sent by a run that begins now. */
export async function readRejectionsOfRow(
  session: SyncSession,
  id: string,
): Promise<
  readonly (Omit<RejectedRow, "id"> & { readonly row_hash: string | null; readonly waits: boolean })[]
> {
  const rows = await session.query("report_row_rejections", [id], times(session));
  return rows.map((row) => ({
    ...rejectionOf(row),
    row_hash: row.row_hash ?? null,
    waits: cell(row, "waits") === "yes",
  }));
}

function rejectionOf(row: Row): Omit<RejectedRow, "id"> {
  return {
    code: cell(row, "code"),
    property: row.property ?? null,
    message: cell(row, "message"),
    attempts: countOf(row, "attempts"),
    first_at: cell(row, "first_at"),
    last_at: cell(row, "last_at"),
    next_try_at: row.next_try_at ?? null,
  };
}

function times({ dialect }: SyncSession) {
  return {
    first_at_text: dialect.timestampText("first_at"),
    last_at_text: dialect.timestampText("last_at"),
    next_try_at_text: dialect.timestampText("next_try_at"),
  };
}
