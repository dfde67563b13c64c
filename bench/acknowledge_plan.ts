import { startAttempt } from "../f/reverse_etl/sync/journal.ts";
import type { Plan } from "../f/reverse_etl/sync/plan.ts";
import type { SyncSession } from "../f/reverse_etl/sync/sync_session.ts";

const CALL = 100;

/** Journals a push in which HubSpot acknowledged every change, without sending anything. */
export async function acknowledgePlan(session: SyncSession, plan: Plan): Promise<void> {
  const batch = { number: 1, first_seq: 1, last_seq: plan.changes };
  const journal = await startAttempt(session, { runId: plan.run_id, token: plan.token ?? "" }, batch);
  for (let first = 1, call = 1; first <= plan.changes; first += CALL * 50) {
    const records = [];
    for (let seq = first; seq <= Math.min(first + CALL * 50 - 1, plan.changes); seq += CALL, call++) {
      const last = Math.min(seq + CALL - 1, plan.changes);
      const results = Array.from({ length: last - seq + 1 }, (_, index) => ({
        seq: seq + index,
        outcome: { kind: "acknowledged" as const, hubspotId: `${seq + index}` },
      }));
      records.push({
        callNumber: call,
        firstSeq: seq,
        lastSeq: last,
        httpStatus: 200,
        sentAt: 0,
        latencyMs: 50,
        results,
      });
    }
    await journal.append(records);
  }
  await journal.end();
}
