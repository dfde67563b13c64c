import { cell, countOf, type SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import type { Row } from "../../f/reverse_etl/warehouse/warehouse.ts";

/** One association of a row, by source ids. */
export interface AssociationLine {
  readonly id: string;
  readonly to_sync: string;
  readonly to_id: string;
  /** Empty for an association without a label. */
  readonly label: string;
  /** What is owed to HubSpot; null when nothing is. */
  readonly operation: string | null;
  /** Whether HubSpot may hold it or may have lost it. */
  readonly in_doubt: boolean;
  /** HubSpot's refusal; null when it refused nothing. */
  readonly code: string | null;
  readonly message: string | null;
  readonly attempts: number;
  readonly acknowledged_at: string | null;
  readonly next_try_at: string | null;
}

/** The associations that HubSpot refused or that are in doubt. */
export interface DoubtfulAssociations {
  readonly total: number;
  readonly rows: readonly AssociationLine[];
}

/** More associations of one row than this are left out. */
const MOST_OF_A_ROW = 100;

/** Those with one code, or with any for null, at most `limit` of them; null for a sync without associations. */
export async function readDoubtfulAssociations(
  session: SyncSession,
  code: string | null,
  limit: number,
): Promise<DoubtfulAssociations | null> {
  if (session.sync.config.associations.length === 0) return null;
  const rows = await read(session, [code, code], limit, false);
  const [first] = rows;
  return { total: first === undefined ? 0 : countOf(first, "total"), rows: rows.map(lineOf) };
}

/** What is known of the associations of one source row; nothing for a sync without associations. */
export async function readAssociationsOfRow(
  session: SyncSession,
  id: string,
): Promise<readonly AssociationLine[]> {
  if (session.sync.config.associations.length === 0) return [];
  return (await read(session, [id], MOST_OF_A_ROW, true)).map(lineOf);
}

function read(
  session: SyncSession,
  binds: readonly (string | null)[],
  limit: number,
  ofRow: boolean,
): Promise<readonly Row[]> {
  const { dialect } = session;
  return session.query("report_associations", binds, {
    acknowledged_at_text: dialect.timestampText("acknowledged_at"),
    next_try_at_text: dialect.timestampText("next_try_at"),
    of_row: ofRow,
    limit: `${limit}`,
  });
}

function lineOf(row: Row): AssociationLine {
  return {
    id: cell(row, "from_id"),
    to_sync: cell(row, "to_sync"),
    to_id: cell(row, "to_id"),
    label: cell(row, "label"),
    operation: row.operation ?? null,
    in_doubt: cell(row, "in_doubt") === "true",
    code: row.code ?? null,
    message: row.message ?? null,
    attempts: countOf(row, "attempts"),
    acknowledged_at: row.acknowledged_at ?? null,
    next_try_at: row.next_try_at ?? null,
  };
}
