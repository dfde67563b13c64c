import type { Change, Operation } from "./change.ts";
import type { Batch } from "./journal.ts";
import type { ChangePages } from "./push_ports.ts";
import { requireCount } from "./push_summary.ts";
import { cell, type SyncSession } from "./sync_session.ts";

/**
 * Changes read at once, five calls' worth. A text of HubSpot's greatest length (65,536 characters) in every row's payload and desired
 * makes a page of 64 MB, which leaves room for its parsed copy below the 200 MB of a push worker; 2,000 rows would not.
 */
const PAGE = 500;

/**
 * Reads a batch's changes in order of `seq`, one page at a time. Throws `RETL_COUNTS_DIFFER` for a page that misses some.
 * Pages and no stream, because between two of them the same session journals calls and extends the lease, which an open stream forbids.
 */
export async function* changePages(session: SyncSession, runId: string, batch: Batch): ChangePages {
  const { dialect } = session;
  for (let first = batch.first_seq; first <= batch.last_seq; first += PAGE) {
    const last = Math.min(first + PAGE - 1, batch.last_seq);
    const rows = await session.query("changes_page", [runId, `${first}`, `${last}`], {
      payload_text: dialect.jsonText("payload"),
      desired_text: dialect.jsonText("desired"),
      kept_text: dialect.jsonText("kept"),
    });
    requireCount("A part of a batch", last - first + 1, rows.length);
    yield rows.map(
      (row): Change => ({
        seq: Number(cell(row, "seq")),
        id: cell(row, "id"),
        operation: cell(row, "operation") as Operation,
        hubspotId: row.hubspot_id ?? null,
        payload: JSON.parse(cell(row, "payload")) as Record<string, string>,
        desired: JSON.parse(cell(row, "desired")) as Record<string, string>,
        kept: Object.keys(JSON.parse(row.kept ?? "{}") as Record<string, unknown>),
        known: cell(row, "known") === "true",
        removed: cell(row, "removed") === "true",
      }),
    );
  }
}
