import { startAttempt } from "../f/reverse_etl/sync/journal.ts";
import type { Plan } from "../f/reverse_etl/sync/plan.ts";
import { cell, type SyncSession } from "../f/reverse_etl/sync/sync_session.ts";

const CALL = 100;
const CALLS_AN_ENTRY = 50;

/** Journals a push in which HubSpot acknowledged every change, each row with a record of its own, without sending anything. */
export async function acknowledgePlan(session: SyncSession, plan: Plan): Promise<void> {
  const batch = { number: 1, first_seq: 1, last_seq: plan.changes };
  const journal = await startAttempt(session, { runId: plan.run_id, token: plan.token ?? "" }, batch);
  const { changes, id } = session.tables;
  const rows = await session.session.query(
    `select ${id} as id from ${changes} where run_id = ? and seq > 0 and operation <> 'skip' order by seq`,
    [plan.run_id],
  );
  const results = rows.map((row, index) => ({
    seq: index + 1,
    outcome: { kind: "acknowledged" as const, hubspotId: `9${cell(row, "id")}` },
  }));
  const calls = Array.from({ length: Math.ceil(results.length / CALL) }, (_, call) => ({
    callNumber: call + 1,
    firstSeq: call * CALL + 1,
    lastSeq: Math.min((call + 1) * CALL, results.length),
    httpStatus: 200,
    sentAt: 0,
    latencyMs: 50,
    results: results.slice(call * CALL, (call + 1) * CALL),
  }));
  for (let first = 0; first < calls.length; first += CALLS_AN_ENTRY) {
    await journal.append(calls.slice(first, first + CALLS_AN_ENTRY));
  }
  await journal.end();
}
