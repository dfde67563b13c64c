import { actionOf, type PushRow, type PushSync, rowOf } from "./call_of_changes.ts";
import { bytesOf, MOST_BYTES } from "./call_size.ts";
import type { Clock, Random } from "./clock.ts";
import type { HubSpot, WriteAction } from "./hubspot_port.ts";
import { JournalBuffer } from "./journal_buffer.ts";
import type { PushContext } from "./push_call.ts";
import { PushHalt } from "./push_halt.ts";
import type { AttemptJournal, BatchChanges, Progress, RateLimiter, SendPermit } from "./push_ports.ts";
import { RowPusher } from "./push_rows.ts";
import { PushCounts, type PushSummary, requireCount } from "./push_summary.ts";
import { workThrough } from "./work_through.ts";

export interface PushPorts {
  readonly hubspot: HubSpot;
  readonly journal: AttemptJournal;
  readonly permit: SendPermit;
  readonly limiter: RateLimiter;
  readonly progress?: Progress;
  readonly clock: Clock;
  readonly random: Random;
}

export interface PushRequest {
  readonly sync: PushSync;
  readonly changes: BatchChanges;
  /** How many changes the plan put into the batch; unchecked when absent. */
  readonly expected?: number;
  readonly ports: PushPorts;
}

/**
 * Pushes one batch: every change of it gets exactly one outcome, and every request an entry in the journal.
 *
 * What HubSpot or the network does is a result, not an error. Throws when the lease is lost, when the changes cannot be read or are
 * not as many as expected (`RETL_COUNTS_DIFFER`), or when the journal cannot be written: nothing is sent after that, calls in flight come back first, and the attempt has no end, so that its rows
 * count as in doubt. Memory does not grow with the batch.
 */
export async function pushBatch({ sync, changes, expected, ports }: PushRequest): Promise<PushSummary> {
  const halt = new PushHalt();
  if (ports.journal.halted) halt.defer(ports.journal.halted);
  const counts = new PushCounts();
  const journal = new JournalBuffer(ports.journal, ports.clock, (error) => halt.fail(error));
  const context: PushContext = { ...ports, journal, sync, halt, counts, name: pushName(ports.random) };
  const pusher = new RowPusher(context);
  const calls = callsOf(sync, changes, expected, ports.journal, counts);
  await workThrough(calls, sync.callsInFlight, halt, async ([action, rows]) => {
    try {
      await pusher.push(action, rows);
    } finally {
      ports.progress?.decided(counts.decided);
    }
  });
  if (halt.failure !== null) {
    // What did come back is still worth recording; the failure that counts is the first one.
    await pusher
      .finish()
      .then(() => journal.flush())
      .catch(() => undefined);
    throw halt.failure.error;
  }
  await pusher.finish();
  await journal.flush();
  const summary = counts.summary(halt.stopped, halt.deferredReason);
  await journal.end(halt.deferredReason ?? halt.stopped?.code ?? null);
  return summary;
}

interface PendingCall {
  readonly rows: PushRow[];
  bytes: number;
}

/**
 * Cuts the changes that are still to be decided into calls, those of one endpoint together: of at most as many rows and bytes as a call may
 * have. A row that has more bytes by itself is a call of its own.
 */
async function* callsOf(
  sync: PushSync,
  changes: BatchChanges,
  expected: number | undefined,
  journal: AttemptJournal,
  counts: PushCounts,
): AsyncGenerator<readonly [WriteAction, readonly PushRow[]]> {
  const pending = new Map<WriteAction, PendingCall>();
  let read = 0;
  for await (const some of changes) {
    read += some.length;
    if (expected !== undefined && read > expected) requireCount("The batch", expected, read);
    for (const change of some) {
      if (journal.decided.has(change.seq)) {
        counts.alreadyDecided += 1;
        continue;
      }
      counts.changes += 1;
      const action = actionOf(sync, change);
      const row = rowOf(sync, change, journal.repeated === true);
      const bytes = bytesOf(sync, row);
      if (bytes > MOST_BYTES) {
        yield [action, [row]];
        continue;
      }
      let call = pending.get(action);
      if (call !== undefined && call.bytes + bytes > MOST_BYTES) {
        yield [action, call.rows];
        call = undefined;
      }
      call ??= { rows: [], bytes: 0 };
      call.rows.push(row);
      call.bytes += bytes;
      pending.set(action, call);
      if (call.rows.length < sync.batchSize) continue;
      pending.delete(action);
      yield [action, call.rows];
    }
  }
  if (expected !== undefined) requireCount("The batch", expected, read);
  for (const [action, { rows }] of pending) yield [action, rows];
}

/** Eight characters; two pushes share them once in 2.8 × 10^12 pairs. */
function pushName(random: Random): string {
  return Array.from({ length: 8 }, () => Math.floor(random() * 36).toString(36)).join("");
}
