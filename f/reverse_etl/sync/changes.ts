import type { Change, Operation } from "./change.ts";
import type { Batch } from "./journal.ts";
import type { ChangePages } from "./push_ports.ts";
import { cell, type SyncSession } from "./sync_session.ts";

/** Changes read at once: twenty calls' worth, so that a page's memory stays around a megabyte. */
const PAGE = 2_000;

/** Reads a batch's changes in order of `seq`, one page at a time. */
export async function* changePages(session: SyncSession, runId: string, batch: Batch): ChangePages {
  const { dialect } = session;
  for (let first = batch.first_seq; first <= batch.last_seq; first += PAGE) {
    const last = Math.min(first + PAGE - 1, batch.last_seq);
    const rows = await session.query("changes_page", [runId, `${first}`, `${last}`], {
      payload_text: dialect.jsonText("payload"),
      desired_text: dialect.jsonText("desired"),
      kept_text: dialect.jsonText("kept"),
    });
    yield rows.map(
      (row): Change => ({
        seq: Number(cell(row, "seq")),
        id: cell(row, "id"),
        operation: cell(row, "operation") as Operation,
        hubspotId: row.hubspot_id ?? null,
        payload: JSON.parse(cell(row, "payload")) as Record<string, string>,
        desired: JSON.parse(cell(row, "desired")) as Record<string, string>,
        known: cell(row, "known") === "true",
      }),
    );
  }
}
