/** One call of this process, from before it is sent until HubSpot's window has let go of it. */
export interface WindowCall {
  /** When it took its place; once it is answered, the latest time at which it left, which is later where the process was held up. */
  sentAt: number;
  /** How many calls were sent before it, and how many HubSpot's window had let go of by then. */
  readonly sentBefore: number;
  leftBefore: number;
  /** Calls that HubSpot's window had let go of then, and that were to be followed by others at once. */
  readonly gap: number;
  /** Null while the call is in flight. */
  answeredAt: number | null;
  /** False for a call that HubSpot did not count: never sent, or refused. */
  counts: boolean;
}

/** A process that starts is busy with itself and has connections yet to make: for so long its calls may leave late. */
const STARTING_MS = 3_000;

/** By how much later than they were sent such calls may arrive, unless their answers are there before: on two cores, sixteen starting processes were seen to send a second late. */
const STARTING_GUARD_MS = 1_000;

/** The calls of this process in the rolling window, as HubSpot should see them. */
export class CallWindow {
  readonly #windowMs: number;
  readonly #guardMs: number;
  #calls: WindowCall[] = [];
  #sent = 0;
  #left = 0;
  #counted = 0;
  #inFlight = 0;
  #firstSentAt: number | null = null;

  /** `guardMs` is how much later than its window a call is taken to leave. */
  constructor(windowMs: number, guardMs: number) {
    this.#windowMs = windowMs;
    this.#guardMs = guardMs;
  }

  /** Calls that HubSpot's window holds. */
  get size(): number {
    return this.#counted;
  }

  get hasInFlight(): boolean {
    return this.#inFlight > 0;
  }

  send(now: number): WindowCall {
    const gap = this.#leaving(now);
    this.#firstSentAt ??= now;
    const call: WindowCall = {
      sentAt: now,
      sentBefore: this.#sent,
      leftBefore: this.#left + gap,
      gap,
      answeredAt: null,
      counts: true,
    };
    this.#calls.push(call);
    this.#sent += 1;
    this.#counted += 1;
    this.#inFlight += 1;
    return call;
  }

  /**
   * `latencyMs` is the time from the call's leaving to its answer. Where it was held up before it left, what has left HubSpot's window by now
   * counts as gone when it arrived: rather too little room than too much.
   */
  answered(call: WindowCall, now: number, latencyMs: number): void {
    if (call.answeredAt !== null) return;
    call.answeredAt = now;
    const leftAt = now - latencyMs;
    if (leftAt > call.sentAt + this.#guardMs) call.leftBefore = this.#left + this.#leaving(now);
    call.sentAt = Math.max(call.sentAt, leftAt);
    this.#inFlight -= 1;
  }

  /** HubSpot does not count this call. */
  forget(call: WindowCall, now: number): void {
    this.answered(call, now, now - call.sentAt);
    if (call.counts) this.#counted -= 1;
    call.counts = false;
  }

  /**
   * Lets go of the calls that have left the window, in the order of sending, and answers when each did. A call arrives between its sending
   * and its answer: `strict` counts a window from the answer, which holds whatever the way to HubSpot took.
   */
  leave(now: number, strict: boolean): readonly number[] {
    let first = 0;
    const left: number[] = [];
    for (const call of this.#calls) {
      const leavesAt = this.#leavesAt(call, strict);
      if (leavesAt > now) break;
      first += 1;
      if (!call.counts) continue;
      left.push(leavesAt);
      // One that is given back after this must not be taken off a second time.
      call.counts = false;
    }
    if (first > 0) this.#calls.splice(0, first);
    this.#left += left.length;
    this.#counted -= left.length;
    return left;
  }

  /** When the next call leaves; infinite when none is there, or when only an answer can tell. */
  nextLeaving(strict: boolean): number {
    const [call] = this.#calls;
    return call === undefined ? Number.POSITIVE_INFINITY : this.#leavesAt(call, strict);
  }

  /** By how many of our own calls the window is fuller than when this one was sent. */
  grownSince(call: WindowCall): number {
    return this.#sent - call.sentBefore - 1 - (this.#left - call.leftBefore);
  }

  /** While the calls of its first moments leave: nobody else can tell whether a place is idle or about to be taken again, nor can this process. */
  isTurningOver(now: number): boolean {
    const since = now - (this.#firstSentAt ?? now) - this.#windowMs;
    return since >= 0 && since <= STARTING_MS + STARTING_GUARD_MS;
  }

  /** Calls that HubSpot's window has let go of already, and that still count here for the time of the guard. */
  #leaving(now: number): number {
    let leaving = 0;
    for (const call of this.#calls) {
      // Not in their order: a call that left later than it took its place may stand before others.
      if (call.counts && call.sentAt + this.#windowMs <= now) leaving += 1;
    }
    return leaving;
  }

  #leavesAt(call: WindowCall, strict: boolean): number {
    if (!call.counts) return Number.NEGATIVE_INFINITY;
    if (!strict) return call.sentAt + this.#windowMs + this.#guardOf(call);
    return call.answeredAt === null ? Number.POSITIVE_INFINITY : call.answeredAt + this.#windowMs;
  }

  #guardOf(call: WindowCall): number {
    if (call.sentAt - (this.#firstSentAt ?? 0) > STARTING_MS) return this.#guardMs;
    const answeredAfter = (call.answeredAt ?? Number.POSITIVE_INFINITY) - call.sentAt;
    return Math.max(this.#guardMs, Math.min(STARTING_GUARD_MS, answeredAfter));
  }
}
