import { pauseMs, RETRY, type SharedTrouble } from "./call_retry.ts";
import { Flakiness } from "./flakiness.ts";
import { Outage, type OutagePorts } from "./outage.ts";
import { RetryBudget } from "./retry_budget.ts";
import { isForeseen } from "./verdict.ts";

/** Calls in a row that used up their tries before HubSpot counts as unreachable. */
const UNREACHABLE_AFTER = 3;
/** The same among the parts of a call of which HubSpot has taken another part since: there it is the rows that are suspect. */
const UNREACHABLE_AMONG_SUSPECTS_AFTER = 8;

/** Requests in a row that came to nothing, of whatever calls, before HubSpot counts as down. */
const DOWN_AFTER = 20;

/** Calls in a row that are answered with success and about no row. */
const ABOUT_NOTHING_AFTER = 3;

/** What a call that comes to nothing says about HubSpot. */
export interface CallTrouble {
  readonly isWrite: boolean;
  /** Whether smaller calls may do. */
  readonly canBeCut: boolean;
  /** `writesAnswered` when the call that this is a part of used up its tries; null for a call of its own. */
  readonly troubleSince: number | null;
}

/** A row, sent alone, that came to nothing in every try. */
export interface FailedRow {
  /** `HTTP_<status>` of the last answer, or what came instead of one. */
  readonly code: string;
  /** How many writes HubSpot had answered when the trouble with the row's call began. */
  readonly troubleSince: number;
  /** How many when the row's own tries were used up. */
  readonly failedAfter: number;
  /** Whether HubSpot then failed requests that it took later on. */
  readonly amongFailures: boolean;
}

/** Tells a HubSpot that is down from rows that it cannot digest, and spares it while it is in trouble. One for all calls of a push. */
export class Reachability {
  readonly #ports: OutagePorts;
  readonly #outage: Outage;
  readonly #budget = new RetryBudget();
  readonly #flakiness = new Flakiness();
  #strugglesSince: number | null = null;
  #failedInARow = 0;
  #usedUpInARow = 0;
  #aboutNothingInARow = 0;
  #everAnswered = false;
  #writesAnswered = 0;
  readonly #downAfter = new Set<number>();

  constructor(ports: OutagePorts) {
    this.#ports = ports;
    this.#outage = new Outage(ports);
  }

  /** Writes that HubSpot took or refused so far; grows as long as it can be reached. */
  get writesAnswered(): number {
    return this.#writesAnswered;
  }

  /** True when the next call that uses up its tries may be the last: then one row goes ahead of its call. */
  get isQuestioned(): boolean {
    return this.isDown || this.#usedUpInARow >= UNREACHABLE_AFTER - 1;
  }

  /** Sends one request: at once, or while HubSpot is down when its turn has come. */
  through<T>(request: () => Promise<T>): Promise<T> {
    return this.#outage.through(request);
  }

  /** True while HubSpot counts as down. */
  get isDown(): boolean {
    return this.#outage.isOn;
  }

  /** A request came to nothing. */
  failed(code: string, isWrite: boolean): void {
    this.#failedInARow += 1;
    this.#outage.failed(isWrite);
    const isOut = this.#failedInARow >= DOWN_AFTER && this.#ports.patienceMs > 0;
    if (isOut && !this.#isWrongHost(code)) this.#down(code);
  }

  /** A call was answered, after so many of its requests came to nothing. */
  answered(isWrite: boolean, failedTries: number): void {
    this.#everAnswered = true;
    this.#flakiness.answered(failedTries);
    this.#endStruggle();
    this.#budget.answered();
    this.#outage.answered(isWrite);
    // A read that is answered says nothing about writes.
    if (!isWrite) return;
    this.#failedInARow = 0;
    this.#usedUpInARow = 0;
    this.#writesAnswered += 1;
  }

  /**
   * Decides when one call is given up. While HubSpot is down, a call that may have been applied and can be cut is, because any of its rows may
   * be at fault; every other waits for its turn to try again.
   */
  troubleOf(call: CallTrouble): SharedTrouble {
    return {
      isUsedUp: (wait, tries) => {
        if (isForeseen(wait)) return tries >= RETRY.tries;
        if (!this.isDown) {
          if (tries < RETRY.tries) return false;
          this.usedUp(wait.code, call);
        }
        return !this.isDown || (call.canBeCut && wait.applied === "maybe");
      },
      pause: async (wait, tries) => {
        const { clock, random, halt } = this.#ports;
        const pause = pauseMs(wait, tries, random);
        if (isForeseen(wait)) return clock.sleep(pause);
        const sleep = async () => {
          // An outage has pauses of its own, beside those that HubSpot names.
          if (halt.reached || (this.isDown && !wait.atLeast)) return;
          await clock.sleep(Math.max(0, Math.min(pause, this.#outage.leftMs)));
        };
        return wait.atLeast || this.isDown ? sleep() : this.#budget.pause(sleep);
      },
    };
  }

  /**
   * Counts a call that used up its tries. A call that can be cut never tells by itself that HubSpot is down, because any of its rows may be at
   * fault; one of its rows, sent ahead alone, does. A read is no row's fault.
   */
  usedUp(code: string, { isWrite, canBeCut, troubleSince }: CallTrouble): void {
    this.#usedUpInARow += 1;
    const isSuspect = troubleSince !== null && this.#writesAnswered > troubleSince;
    const limit = isSuspect ? UNREACHABLE_AMONG_SUSPECTS_AFTER : UNREACHABLE_AFTER;
    const isWaitedFor = !isWrite && this.#ports.patienceMs > 0;
    if (this.#isWrongHost(code)) this.#outage.end(code);
    else if (isWaitedFor || (!canBeCut && this.#usedUpInARow >= limit)) this.#down(code);
  }

  /**
   * Counts an answer by whether it spoke of any of its rows. A success that never does is not HubSpot's: a login page or a proxy.
   */
  spokeOfRows(spoke: boolean): void {
    this.#aboutNothingInARow = spoke ? 0 : this.#aboutNothingInARow + 1;
    if (this.#aboutNothingInARow < ABOUT_NOTHING_AFTER) return;
    this.#ports.halt.stop({
      code: "RETL_HUBSPOT_UNREACHABLE",
      reason: "NOT_ACCOUNTED_FOR",
      message: `${this.#aboutNothingInARow} calls in a row were answered with success and without a word about any row, as a proxy or a login page would`,
    });
  }

  /**
   * At the end: whether a row that came to nothing is to be tried again, because HubSpot was in trouble then or has answered no write since; in the
   * second case HubSpot counts as down, and when nothing but such rows is left of a push that went through, they are at fault if that lasts.
   */
  mayBeWaitedFor(row: FailedRow, hasOthers: boolean): boolean {
    if (this.#ports.patienceMs === 0 || this.#ports.halt.reached || this.#outage.wasInVain) return false;
    if (this.#writesAnswered > row.troubleSince) return this.wasInTrouble(row);
    if (hasOthers) this.#outage.isLast();
    this.#down(row.code);
    return true;
  }

  /** Whether HubSpot was down, or failed requests that it took later on, when the row came to nothing. */
  wasInTrouble({ failedAfter, amongFailures }: FailedRow): boolean {
    return amongFailures || (this.#downAfter.has(failedAfter) && !this.#outage.wasInVain);
  }

  /** What a row that came to nothing is to be remembered with. */
  get moment(): Pick<FailedRow, "failedAfter" | "amongFailures"> {
    return { failedAfter: this.#writesAnswered, amongFailures: this.#flakiness.isFlaky };
  }

  /** To be called at the end: a push of which no call ever got an answer has not reached HubSpot, however small it was. */
  finish(): void {
    if (this.#usedUpInARow > 0 && !this.#everAnswered) this.#outage.end("NO_ANSWER");
  }

  /** A HubSpot that fails more than half of the requests for as long as an outage is waited for is as good as down. */
  #endStruggle(): void {
    const { clock, patienceMs } = this.#ports;
    if (!this.#flakiness.isStruggling) this.#strugglesSince = null;
    else this.#strugglesSince ??= clock.now();
    if (patienceMs > 0 && this.#strugglesSince !== null && clock.now() - this.#strugglesSince >= patienceMs)
      this.#outage.end("MOST_CALLS_FAILED", ` or most of them for ${patienceMs / 1000} s`);
  }

  /** Where nothing was ever connected to there is nothing to wait for: a wrong host, or a network without a way out. */
  #isWrongHost(code: string): boolean {
    return code === "NOT_CONNECTED" && !this.#everAnswered;
  }

  #down(code: string): void {
    this.#downAfter.add(this.#writesAnswered);
    this.#outage.begin(code);
  }
}
