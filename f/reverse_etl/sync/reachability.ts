import { pauseMs, RETRY, type SharedTrouble } from "./call_retry.ts";
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
  /** Whether smaller calls may do. */
  readonly canBeCut: boolean;
  /** `writesAnswered` when the call that this is a part of used up its tries; null for a call of its own. */
  readonly troubleSince: number | null;
}

/** Tells a HubSpot that is down from rows that it cannot digest, and spares it while it is in trouble. One for all calls of a push. */
export class Reachability {
  readonly #ports: OutagePorts;
  readonly #outage: Outage;
  readonly #budget = new RetryBudget();
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
  failed(code: string): void {
    this.#failedInARow += 1;
    this.#outage.failed();
    if (this.#failedInARow >= DOWN_AFTER && this.#ports.patienceMs > 0) this.#down(code);
  }

  /** A read that is answered says nothing about writes. */
  answered(isWrite: boolean): void {
    this.#everAnswered = true;
    this.#budget.answered();
    if (!isWrite) return;
    this.#failedInARow = 0;
    this.#outage.wasAnswered();
    this.#usedUpInARow = 0;
    this.#writesAnswered += 1;
  }

  /**
   * Decides when one call is given up. While HubSpot is down, a call that can be cut is, because any of its rows may be at fault, and a
   * single row waits for its turn to try again.
   */
  troubleOf(call: CallTrouble): SharedTrouble {
    return {
      isUsedUp: (wait, tries) => {
        if (isForeseen(wait)) return tries >= RETRY.tries;
        if (!this.isDown) {
          if (tries < RETRY.tries) return false;
          this.usedUp(wait.code, call);
        }
        return call.canBeCut || !this.isDown;
      },
      pause: async (wait, tries) => {
        const { clock, random } = this.#ports;
        const sleep = () => clock.sleep(pauseMs(wait, tries, random));
        if (isForeseen(wait)) return sleep();
        // The outage has pauses of its own.
        const unlessDown = async () => {
          if (wait.atLeast || !this.isDown) await sleep();
        };
        return this.isDown ? unlessDown() : this.#budget.pause(unlessDown);
      },
    };
  }

  /**
   * Counts a call that used up its tries. A call that can be cut never tells by itself that HubSpot is down, because any of its rows may be at
   * fault; one of its rows, sent ahead alone, does.
   */
  usedUp(code: string, { canBeCut, troubleSince }: CallTrouble): void {
    this.#usedUpInARow += 1;
    const isSuspect = troubleSince !== null && this.#writesAnswered > troubleSince;
    const limit = isSuspect ? UNREACHABLE_AMONG_SUSPECTS_AFTER : UNREACHABLE_AFTER;
    // Where nothing can be connected to there is nothing to wait for: a wrong host or a network without a way out.
    if (code === "NOT_CONNECTED") this.#outage.end(code);
    else if (!canBeCut && this.#usedUpInARow >= limit) this.#down(code);
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

  /** At the end: where calls came to nothing and no write was ever answered, HubSpot counts as down as long as there is patience. */
  doubtsTheEnd(code: string): void {
    if (this.#writesAnswered === 0 && this.#ports.patienceMs > 0) this.#down(code);
  }

  /** Whether HubSpot counted as down after that many answered writes, so that what came to nothing then says nothing about its rows. */
  wasDownAfter(writesAnswered: number): boolean {
    return this.#downAfter.has(writesAnswered);
  }

  /** To be called at the end: a push of which no call ever got an answer has not reached HubSpot, however small it was. */
  finish(): void {
    if (this.#usedUpInARow > 0 && !this.#everAnswered) this.#outage.end("NO_ANSWER");
  }

  #down(code: string): void {
    this.#downAfter.add(this.#writesAnswered);
    this.#outage.begin(code);
  }
}
