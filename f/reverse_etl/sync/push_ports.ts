import type { Change } from "./change.ts";
import type { HubSpotAnswer } from "./hubspot_port.ts";
import type { Outcome } from "./outcome.ts";

/** One HTTP request of a push and what it told about each row, as the journal keeps it. */
export interface CallRecord {
  /** Counts the requests of one attempt from 1. */
  readonly callNumber: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Null when no answer came. */
  readonly httpStatus: number | null;
  /** Milliseconds since 1970 on this machine. */
  readonly sentAt: number;
  readonly latencyMs: number;
  /**
   * One entry for every row whose fate this request decided or put in doubt; a request that was certainly not
   * applied and is sent again (429, a split) has none.
   */
  readonly results: readonly { readonly seq: number; readonly outcome: Outcome }[];
}

/** The journal of one attempt at one batch. Append only. */
export interface AttemptJournal {
  /** Rows of this batch that an earlier attempt of this run got acknowledged or rejected: they are not sent again. */
  readonly decided: { has(seq: number): boolean };
  /**
   * True when an earlier attempt at this batch was started: what it sent without recording it may have been applied, so every row
   * goes out whole and creates are looked up first.
   */
  readonly repeated?: boolean;
  /** Why nothing of this run may be sent any more, as another batch found out (`DAILY`, a refused token); null when it may. */
  readonly halted?: string | null;
  /** Writes the records durably; throws when it cannot, and then nothing further may be sent. */
  append(records: readonly CallRecord[]): Promise<void>;
  /**
   * Writes the attempt's end: everything it sent has been journalled, so a row of the batch without any entry was
   * never sent. `reason` is the limit, or the stop, that ended the attempt early, for the other batches of the run to read; null for none.
   */
  end(reason?: string | null): Promise<void>;
}

/** The right to send (protocol rules R3 and R5). */
export interface SendPermit {
  /**
   * Resolves once a call may be sent: not before the sync's `not_before`, and only while the lease has more left than the
   * call's timeout, HubSpot's own time and the clock skew; looks at the lease every `lease_extend_seconds`, beside the calls as long as
   * that is in time, and extends it where nobody of the run has just done so. Answers whether it was given at once; false tells that time
   * has passed, and that what was true before is to be looked at again.
   * Throws `RETL_LEASE_LOST` when another run holds the lease.
   */
  beforeCall(): Promise<boolean>;
}

/** The changes of one batch in order of `seq`, some at a time, so that memory does not grow with the batch. */
export type BatchChanges = AsyncIterable<readonly Change[]>;

/** Shows how far a push is. It neither waits nor throws: nothing of a push depends on being seen. */
export interface Progress {
  /** `rows` of the batch have their outcome so far. */
  decided(rows: number): void;
  /** The push waits: until when and why, as a line to read. */
  waits(line: string): void;
}

/** One call's place in the rate limit. */
export interface RateSlot {
  /** Tells the limiter what came back; the place stays taken for one more window. */
  answered(answer: HubSpotAnswer): void;
  /** Gives the place back: nothing was sent. */
  unused(): void;
}

/** HubSpot's burst limit, as far as this process may use it. */
export interface RateLimiter {
  /** Resolves when one more call may leave now. The caller sends at once and then reports. */
  acquire(): Promise<RateSlot>;
  /**
   * Why this push may send nothing more: the day's reserve (`DAILY_RESERVE`), or the code of a limit whose pause is too long to be
   * waited for. Null or absent while it may.
   */
  readonly exhausted?: string | null;
}
