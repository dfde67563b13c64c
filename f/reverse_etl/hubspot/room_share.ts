import type { Random } from "../sync/clock.ts";

/** What one answer tells about the window. */
export interface RoomReading {
  readonly now: number;
  /** Calls that the window takes. */
  readonly limit: number;
  /** Calls that it still took when this answer's call arrived. */
  readonly remaining: number;
  /** What remains now, by what is known here: less our own calls since, and those about to leave. */
  readonly room: number;
  /** Our own calls in the window. */
  readonly own: number;
  /** Places of ours that no call has taken yet. */
  readonly free: number;
  readonly latencyMs: number;
}

/**
 * Calls kept free in the window, for the inexactness of a process; and in the first window for what the others have under way, which none of
 * them sees, and of which there is the more the more they are: it grows with the fourth power of the doublings of their number up to sixteen, as
 * simulations of 1 to 64 showed. Of a small limit no more than a part.
 */
const RESERVE = 3.5;
const FIRST_RESERVE_OF_MANY = 0.02;
const MOST_DOUBLINGS = 4;
const RESERVED_PART = 0.2;

/** What a refusal adds to the calls kept free, at most `MOST_CAUTION` of them; it fades over so many windows. */
const CAUTION = 2;
const MOST_CAUTION = 6;
const CAUTION_WINDOWS = 3;

/** A process above its share leaves so much more room than one below, whose turn it is then: so shares even out. */
const FAIRNESS = 0.5;

/** The room is shared out over this many latencies, because what others take is seen one latency late. */
const LATENCIES = 3;

/** Taken for the latency until enough answers have told: this part of the window. */
const ASSUMED_LATENCY = 25;

/** The first reading is acted on at once, for so much of the room: all processes may be starting, and their shares add up to 1. */
const FIRST_PART = 0.6;

/**
 * Decides how many calls more, or fewer, this process may have in HubSpot's window.
 *
 * All processes read the same `Remaining` and none sees what the others are about to do. So each takes its share of the room per time and not
 * per answer, `room × share × elapsed / pace`, which all of them together use up without overshooting as long as the pace is slower than the
 * news (an integrator with delay: stable below 1/e). What a process holds it keeps, by sending again whenever one of its own calls leaves the
 * window; so a process that ends or dies leaves its calls to the others, and one that starts gets its share from those above theirs.
 */
export class RoomShare {
  readonly #share: number;
  readonly #windowMs: number;
  #credit: number;
  #firstAt: number | null = null;
  #actedAt = 0;
  #latencyMs: number;
  #caution = 0;

  constructor(share: number, windowMs: number, random: Random) {
    this.#share = share;
    this.#windowMs = windowMs;
    // Processes that read alike must not all act at the same answer.
    this.#credit = -random();
    this.#latencyMs = windowMs / ASSUMED_LATENCY;
  }

  /** What should remain of a window of `limit` calls. */
  reserve(now: number, limit: number): number {
    const doublings = Math.min(MOST_DOUBLINGS, Math.log2(1 / this.#share));
    const ofMany = this.isStarting(now) ? FIRST_RESERVE_OF_MANY * doublings ** 4 : 0;
    return Math.min(RESERVED_PART * limit, RESERVE + ofMany + this.#caution);
  }

  /** HubSpot refused a call: somebody uses the window less evenly than we can tell. */
  refused(): void {
    this.#caution = Math.min(MOST_CAUTION, this.#caution + CAUTION);
  }

  /** The time over which the room is shared out, in milliseconds. */
  get paceMs(): number {
    return Math.min(this.#windowMs / 5, Math.max(this.#windowMs / 20, LATENCIES * this.#latencyMs));
  }

  /** True until the first reading. */
  get isNew(): boolean {
    return this.#firstAt === null;
  }

  /** Whole calls to take (positive) or to give back (negative). */
  read(reading: RoomReading): number {
    const { now, limit, remaining, own, free, latencyMs } = reading;
    this.#latencyMs = 0.9 * this.#latencyMs + 0.1 * latencyMs;
    const pace = this.paceMs;
    if (this.#firstAt === null) {
      this.#firstAt = now;
      this.#actedAt = now - FIRST_PART * pace;
    }
    this.#caution *= Math.exp((this.#actedAt - now) / (CAUTION_WINDOWS * this.#windowMs));
    const elapsed = Math.min(1, (now - this.#actedAt) / pace);
    this.#actedAt = now;
    const isAboveShare = own >= this.#share * limit;
    const wanted = this.reserve(now, limit) + (isAboveShare ? FAIRNESS : 0);
    this.#credit += this.part(reading) * (reading.room - wanted) * elapsed;
    // Shares that add up to 1 cannot overshoot in the first window, however late the news is, as long as nobody takes more than its own.
    if (this.isStarting(now))
      this.#credit = Math.min(this.#credit, Math.max(0, Math.ceil(this.#share * limit) - own - free));
    const whole = Math.trunc(this.#credit);
    this.#credit -= whole;
    return remaining === 0 ? Math.min(0, whole) : whole;
  }

  /**
   * The part of the room that is this process's: its share, or the part of the window's calls that are its own, which is more when other shares
   * lie idle. The latter not in its first window, in which the others may be starting as well and will want their shares.
   */
  part({ now, limit, remaining, own }: RoomReading): number {
    if (this.isStarting(now)) return this.#share;
    return Math.max(this.#share, Math.min(1, own / Math.max(1, limit - remaining)));
  }

  /** In its first window, in which the others may be starting as well. */
  isStarting(now: number): boolean {
    return this.#firstAt === null || now - this.#firstAt < this.#windowMs;
  }
}
