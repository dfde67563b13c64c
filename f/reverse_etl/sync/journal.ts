import { randomUUID } from "node:crypto";
import { type Lease, readLease } from "./lease.ts";
import type { Outcome } from "./outcome.ts";
import type { AttemptJournal, CallRecord } from "./push_ports.ts";
import { SeqSet } from "./seq_set.ts";
import { cell, countOf, type SyncSession } from "./sync_session.ts";

/** A contiguous slice of a run's changes, pushed by one loop iteration. */
export interface Batch {
  /** Counts the batches of a run from 1. */
  readonly number: number;
  readonly first_seq: number;
  readonly last_seq: number;
}

/** The fields of one row's entry in a journal entry's `results`. */
const RESULT_FIELDS = {
  seq: "text",
  outcome: "text",
  hubspot_id: "text",
  code: "text",
  property: "text",
  message: "text",
} as const;

const ENTRY_FIELDS = {
  entry_id: "text",
  run_id: "text",
  token: "text",
  batch_number: "text",
  attempt: "text",
  kind: "text",
  call_number: "text",
  first_seq: "text",
  last_seq: "text",
  http_status: "text",
  sent_at: "text",
  latency_ms: "text",
  acknowledged: "text",
  rejected: "text",
  unknown: "text",
  results: "json",
} as const;

type Entry = Partial<Record<keyof typeof ENTRY_FIELDS, unknown>>;

/** The placeholders of every statement that reads `results`. */
export function resultsScope(session: SyncSession, column: string) {
  const unfolded = session.dialect.unfold(column, RESULT_FIELDS, "result");
  return { results: unfolded.from, result: { ...unfolded.field } };
}

/**
 * Starts one attempt at a batch: reads what earlier attempts got an answer for and journals the start, so that a crash from
 * here on leaves a trace. Throws what the warehouse throws.
 */
export async function startAttempt(
  session: SyncSession,
  lease: Lease,
  batch: Batch,
): Promise<AttemptJournal> {
  const attempt = randomUUID();
  const common = {
    run_id: lease.runId,
    token: lease.token,
    batch_number: `${batch.number}`,
    attempt,
    first_seq: `${batch.first_seq}`,
    last_seq: `${batch.last_seq}`,
  };
  const scope = resultsScope(session, "j.results");
  const binds = [lease.runId, `${batch.number}`];
  const [before] = await session.query("journal_before", [...binds, lease.runId], scope);
  const repeated = countOf(before, "attempts") > 0;
  const decided = new SeqSet(batch.first_seq, batch.last_seq);
  if (repeated) {
    for await (const row of session.stream("journal_decided", binds, scope))
      decided.add(Number(cell(row, "seq")));
  }
  await appendEntries(session, [{ ...common, kind: "start" }]);
  return {
    halted: before?.code ?? null,
    repeated,
    decided,
    append: (records) =>
      appendEntries(
        session,
        records.map((record) => ({ ...common, ...callEntry(record) })),
      ),
    end: (reason = null) => appendEntries(session, [{ ...common, kind: "end", ...endResults(reason) }]),
  };
}

/** Journals why nothing of a run is sent, before any attempt: its changes are put off with this code. Throws what the warehouse throws. */
export async function journalDeferral(
  session: SyncSession,
  runId: string,
  changes: number,
  code: string,
): Promise<void> {
  const { token } = await readLease(session);
  const span = { batch_number: "0", first_seq: "1", last_seq: `${changes}` };
  const entry = { run_id: runId, token, attempt: randomUUID(), ...span };
  await appendEntries(session, [{ ...entry, kind: "end", ...endResults(code) }]);
}

async function appendEntries(session: SyncSession, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return;
  const { dialect } = session;
  const unfolded = dialect.unfold(dialect.jsonFrom("?"), ENTRY_FIELDS, "entry_row");
  const rows = entries.map((entry) => ({ entry_id: randomUUID(), ...entry }));
  await session.execute("journal_append", [JSON.stringify(rows)], {
    entries: unfolded.from,
    entry: { ...unfolded.field },
  });
}

/** A limit is not always a call's answer: the reserve is reached by a call that succeeds. */
function endResults(reason: string | null): Pick<Entry, "results"> {
  return reason === null ? {} : { results: [{ outcome: "deferred", code: reason }] };
}

function callEntry(record: CallRecord): Entry {
  const count = (kind: Outcome["kind"]) =>
    `${record.results.filter(({ outcome }) => outcome.kind === kind).length}`;
  return {
    kind: "call",
    call_number: `${record.callNumber}`,
    first_seq: `${record.firstSeq}`,
    last_seq: `${record.lastSeq}`,
    http_status: record.httpStatus === null ? null : `${record.httpStatus}`,
    sent_at: new Date(record.sentAt).toISOString(),
    latency_ms: `${Math.round(record.latencyMs)}`,
    acknowledged: count("acknowledged"),
    rejected: count("rejected"),
    unknown: count("unknown"),
    results: record.results.map(({ seq, outcome }) => ({
      seq: `${seq}`,
      outcome: outcome.kind,
      ...resultFields(outcome),
    })),
  };
}

function resultFields(outcome: Outcome): Record<string, string | null> {
  switch (outcome.kind) {
    case "acknowledged":
      return { hubspot_id: outcome.hubspotId };
    case "rejected":
      return { code: outcome.code, property: outcome.property, message: outcome.message };
    case "deferred":
    case "unknown":
      return { code: outcome.code };
  }
}
