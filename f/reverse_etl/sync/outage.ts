import pLimit from "p-limit";
import type { Clock, Random } from "./clock.ts";
import type { PushHalt } from "./push_halt.ts";
import type { Progress } from "./push_ports.ts";

/** Seconds between two looks at a HubSpot that is down: doubled from the first to the longest, so that it is noticed within a minute that it is back. */
const LOOK = { first: 1, longest: 30 } as const;

export interface OutagePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly halt: PushHalt;
  /** How long a push waits for a HubSpot that is down before it ends; 0 ends it at once. */
  readonly patienceMs: number;
  readonly progress?: Pick<Progress, "waits">;
}

/**
 * A time in which HubSpot takes nothing: requests leave one at a time, each after a longer pause than the one before, until a write is answered or
 * the push has waited long enough. One for all requests of a push.
 */
export class Outage {
  readonly #ports: OutagePorts;
  readonly #oneAtATime = pLimit(1);
  /** When the trouble began; null since a write was answered. */
  #since: number | null = null;
  #reason: string | null = null;
  #writesFailed = false;
  #looks = 0;
  #isLast = false;
  #isOver = false;

  constructor(ports: OutagePorts) {
    this.#ports = ports;
  }

  /** True while HubSpot counts as down. */
  get isOn(): boolean {
    return this.#reason !== null && !this.#ports.halt.reached;
  }

  /** How long the trouble may go on before the push ends. */
  get leftMs(): number {
    const { clock, patienceMs } = this.#ports;
    return patienceMs === 0
      ? Number.POSITIVE_INFINITY
      : (this.#since ?? clock.now()) + patienceMs - clock.now();
  }

  /** A request came to nothing. */
  failed(isWrite: boolean): void {
    this.#since ??= this.#ports.clock.now();
    this.#writesFailed ||= isWrite;
  }

  /** Whether it was waited for in vain at the end of a push. */
  get wasInVain(): boolean {
    return this.#isOver;
  }

  /** All that is left of the push are rows that may be at fault themselves: when the patience is over, so is the outage, and not the push. */
  isLast(): void {
    this.#isLast = true;
  }

  /** From now on HubSpot counts as down, for `reason`; without patience the push is over. */
  begin(reason: string): void {
    if (this.#isOver) return;
    const { clock, halt, patienceMs, progress } = this.#ports;
    this.#since ??= clock.now();
    if (patienceMs === 0) this.end(reason);
    else if (this.#reason === null && !halt.reached) {
      const until = new Date(this.#since + patienceMs).toISOString();
      progress?.waits(
        `HubSpot is down (${reason}): one call at a time tries whether it is up again, until ${until}.`,
      );
    }
    this.#reason = reason;
  }

  /** HubSpot answered; that it answers reads says nothing about writes that came to nothing. */
  answered(isWrite: boolean): void {
    if (!isWrite && this.#writesFailed) return;
    if (this.isOn) this.#ports.progress?.waits("HubSpot is up again.");
    this.#reason = null;
    this.#since = null;
    this.#writesFailed = false;
    this.#looks = 0;
  }

  /** Sends one request: at once, or during an outage when its turn has come. */
  async through<T>(request: () => Promise<T>): Promise<T> {
    if (!this.isOn) return request();
    const inTurn = await this.#oneAtATime(async () => {
      if (!this.isOn) return null;
      await this.#pause();
      return { answered: await request() };
    });
    return inTurn === null ? this.through(request) : inTurn.answered;
  }

  async #pause(): Promise<void> {
    const { clock, random, patienceMs } = this.#ports;
    const left = this.leftMs;
    if (left <= 0) return this.end(this.#reason ?? "NO_ANSWER", ` for ${patienceMs / 1000} s`);
    const longest = Math.min(LOOK.longest, LOOK.first * 2 ** this.#looks) * 1000;
    this.#looks += 1;
    const pause = Math.ceil(longest * (0.5 + 0.5 * random()));
    await clock.sleep(Math.min(pause, left));
  }

  /** The push ends. */
  end(reason: string, howLong = ""): void {
    if (this.#isLast) {
      this.#reason = null;
      this.#isOver = true;
      return;
    }
    const message = `HubSpot could not be reached, or answered with server errors, in every try${howLong}`;
    this.#ports.halt.stop({ code: "RETL_HUBSPOT_UNREACHABLE", reason, message });
  }
}
