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
  #looks = 0;

  constructor(ports: OutagePorts) {
    this.#ports = ports;
  }

  /** True while HubSpot counts as down. */
  get isOn(): boolean {
    return this.#reason !== null && !this.#ports.halt.reached;
  }

  /** A request came to nothing. */
  failed(): void {
    this.#since ??= this.#ports.clock.now();
  }

  /** From now on HubSpot counts as down, for `reason`; without patience the push is over. */
  begin(reason: string): void {
    const { clock, halt, patienceMs, progress } = this.#ports;
    this.failed();
    if (patienceMs === 0) this.end(reason);
    else if (this.#reason === null && !halt.reached) {
      const until = new Date((this.#since ?? clock.now()) + patienceMs).toISOString();
      progress?.waits(
        `HubSpot is down (${reason}): one call at a time tries whether it is up again, until ${until}.`,
      );
    }
    this.#reason = reason;
  }

  /** HubSpot answered a write; that it answers reads says nothing about writes. */
  wasAnswered(): void {
    if (this.isOn) this.#ports.progress?.waits("HubSpot is up again.");
    this.#reason = null;
    this.#since = null;
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
    const longest = Math.min(LOOK.longest, LOOK.first * 2 ** this.#looks) * 1000;
    this.#looks += 1;
    const pause = Math.ceil(longest * (0.5 + 0.5 * random()));
    const left = (this.#since ?? clock.now()) + patienceMs - clock.now();
    if (left <= 0) this.end(this.#reason ?? "NO_ANSWER", ` for ${patienceMs / 1000} s`);
    else await clock.sleep(Math.min(pause, left));
  }

  /** The push ends. */
  end(reason: string, howLong = ""): void {
    const message = `HubSpot could not be reached, or answered with server errors, in every try${howLong}`;
    this.#ports.halt.stop({ code: "RETL_HUBSPOT_UNREACHABLE", reason, message });
  }
}
