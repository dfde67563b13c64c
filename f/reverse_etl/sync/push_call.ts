import { callOf, type PushRow, type PushSync } from "./call_of_changes.ts";
import type { Clock, Random } from "./clock.ts";
import type { HubSpot, HubSpotAnswer, ReadRequest, WriteAction } from "./hubspot_port.ts";
import type { JournalBuffer } from "./journal_buffer.ts";
import type { Outcome } from "./outcome.ts";
import { sendPaced } from "./paced_request.ts";
import type { PushHalt } from "./push_halt.ts";
import type { Progress, RateLimiter, SendPermit } from "./push_ports.ts";
import type { PushCounts } from "./push_summary.ts";
import type { ReadVerdict, Verdict } from "./verdict.ts";

/** Everything that the calls of one push share. */
export interface PushContext {
  readonly sync: PushSync;
  readonly hubspot: HubSpot;
  readonly journal: JournalBuffer;
  readonly permit: SendPermit;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly random: Random;
  readonly halt: PushHalt;
  readonly counts: PushCounts;
  readonly progress?: Progress;
  /** Makes the trace ids of this push differ from those of every other. */
  readonly name: string;
}

/** Nothing was sent, because the push is over. */
export interface NotSent {
  readonly kind: "not_sent";
}

export interface Sent<V> {
  readonly kind: "sent";
  readonly verdict: V;
  /** Journals the request, with the rows whose fate it decided or put in doubt. */
  record(results: readonly { readonly seq: number; readonly outcome: Outcome }[]): Promise<void>;
}

/** Sends the rows as one write request. */
export function sendWrite(
  context: PushContext,
  action: WriteAction,
  rows: readonly PushRow[],
): Promise<NotSent | Sent<Verdict>> {
  return sendRequest(context, rows, async (callNumber) => {
    const call = callOf(context.sync, action, rows, `${context.name}-${callNumber}`);
    const answer = await context.hubspot.write(call);
    return { answer, verdict: context.hubspot.judge(call, answer) };
  });
}

/** Contacts are found by any of their addresses, which this property lists beside the primary one. */
export const MORE_EMAILS = "hs_additional_emails";

/** Asks for the rows' records in one read request; `ids` are record ids, or values of `idProperty`. */
export function sendRead(
  context: PushContext,
  rows: readonly PushRow[],
  asked: Omit<ReadRequest, "objectType">,
): Promise<NotSent | Sent<ReadVerdict>> {
  const named = [...asked.properties, ...(asked.idProperty === "email" ? [MORE_EMAILS] : [])];
  const request = { ...asked, objectType: context.sync.objectType, properties: [...new Set(named)] };
  return sendRequest(context, rows, async () => {
    const answer = await context.hubspot.read(request);
    return { answer, verdict: context.hubspot.judgeRead(request, answer) };
  });
}

async function sendRequest<V extends Verdict | ReadVerdict>(
  context: PushContext,
  rows: readonly PushRow[],
  request: (callNumber: number) => Promise<{ readonly answer: HubSpotAnswer; readonly verdict: V }>,
): Promise<NotSent | Sent<V>> {
  const sent = await sendPaced(context, context.counts, async (callNumber) => {
    const sentAt = context.clock.now();
    return { ...(await request(callNumber)), callNumber, sentAt };
  });
  if (sent === null) return { kind: "not_sent" };
  const { answer, verdict, callNumber, sentAt } = sent;
  const seqs = rows.map((row) => row.change.seq);
  const record = (results: readonly { readonly seq: number; readonly outcome: Outcome }[]) =>
    context.journal.add({
      callNumber,
      firstSeq: Math.min(...seqs),
      lastSeq: Math.max(...seqs),
      httpStatus: answer.kind === "answered" ? answer.status : null,
      sentAt,
      latencyMs: answer.latencyMs,
      results,
    });
  return { kind: "sent", verdict, record };
}
