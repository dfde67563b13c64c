import type { PushHalt } from "./push_halt.ts";

/** Calls in a row that used up their tries before HubSpot counts as unreachable. */
const UNREACHABLE_AFTER = 3;
/** The same among the parts of a call of which HubSpot has taken another part since: there it is the rows that are suspect. */
const UNREACHABLE_AMONG_SUSPECTS_AFTER = 8;

/** Calls in a row that are answered with success and about no row. */
const ABOUT_NOTHING_AFTER = 3;

/** Tells a HubSpot that is down from rows that it cannot digest. One for all calls of a push. */
export class Reachability {
  readonly #halt: PushHalt;
  #usedUpInARow = 0;
  #aboutNothingInARow = 0;
  #everAnswered = false;
  #writesAnswered = 0;

  constructor(halt: PushHalt) {
    this.#halt = halt;
  }

  /** Writes that HubSpot took or refused so far; grows as long as it can be reached. */
  get writesAnswered(): number {
    return this.#writesAnswered;
  }

  /** True when the next call that uses up its tries may be the last: then one row goes ahead of its call. */
  get isQuestioned(): boolean {
    return this.#usedUpInARow >= UNREACHABLE_AFTER - 1;
  }

  /** A read that is answered says nothing about writes. */
  answered(isWrite: boolean): void {
    this.#everAnswered = true;
    if (!isWrite) return;
    this.#usedUpInARow = 0;
    this.#writesAnswered += 1;
  }

  /**
   * Counts a call that used up its tries. A call that can be cut never ends the push itself, because any of its rows may be at
   * fault; one of its rows, sent ahead alone, does.
   *
   * @param troubleSince `writesAnswered` when the call that this is a part of used up its tries; null for a call of its own.
   */
  usedUp(code: string, canBeCut: boolean, troubleSince: number | null): void {
    this.#usedUpInARow += 1;
    const isSuspect = troubleSince !== null && this.#writesAnswered > troubleSince;
    const limit = isSuspect ? UNREACHABLE_AMONG_SUSPECTS_AFTER : UNREACHABLE_AFTER;
    if (code === "NOT_CONNECTED" || (!canBeCut && this.#usedUpInARow >= limit)) this.#stop(code);
  }

  /**
   * Counts an answer by whether it spoke of any of its rows. A success that never does is not HubSpot's: a login page or a proxy.
   */
  spokeOfRows(spoke: boolean): void {
    this.#aboutNothingInARow = spoke ? 0 : this.#aboutNothingInARow + 1;
    if (this.#aboutNothingInARow < ABOUT_NOTHING_AFTER) return;
    this.#halt.stop({
      code: "RETL_HUBSPOT_UNREACHABLE",
      reason: "NOT_ACCOUNTED_FOR",
      message: `${this.#aboutNothingInARow} calls in a row were answered with success and without a word about any row, as a proxy or a login page would`,
    });
  }

  /** To be called at the end: a push of which no call ever got an answer has not reached HubSpot, however small it was. */
  finish(): void {
    if (this.#usedUpInARow > 0 && !this.#everAnswered) this.#stop("NO_ANSWER");
  }

  #stop(reason: string): void {
    this.#halt.stop({
      code: "RETL_HUBSPOT_UNREACHABLE",
      reason,
      message: "HubSpot could not be reached, or answered with server errors, in every try",
    });
  }
}
