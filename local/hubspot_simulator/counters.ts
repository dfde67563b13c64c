import { RateWindow } from "./rate_window.ts";

/** What happened since the start or the last reset. */
export interface CounterReport {
  readonly calls: number;
  /** Calls that create, change, archive or merge records, whatever they were answered. */
  readonly writeCalls: number;
  /** By method and path with the ids left out: `POST /crm/v3/objects/contacts/batch/upsert`. */
  readonly callsByPath: Readonly<Record<string, number>>;
  /** By status; `none` for calls whose connection was closed without an answer. */
  readonly callsByStatus: Readonly<Record<string, number>>;
  readonly rateLimited: number;
  /** The most calls of all tokens that arrived in any window of the burst's length, refused ones included. */
  readonly maxCallsInWindow: number;
  readonly windowMs: number;
  readonly maxConcurrency: number;
  readonly inFlight: number;
  /** Calls that a fault will apply later. */
  readonly pendingApplies: number;
}

export class Counters {
  pendingApplies = 0;
  readonly #arrivals = new RateWindow();
  readonly #byPath = new Map<string, number>();
  readonly #byStatus = new Map<string, number>();
  #calls = 0;
  #writeCalls = 0;
  #maxInWindow = 0;
  #inFlight = 0;
  #maxConcurrency = 0;

  arrived(path: string, writes: boolean, now: number, windowMs: number): void {
    this.#calls += 1;
    if (writes) this.#writeCalls += 1;
    this.#byPath.set(path, (this.#byPath.get(path) ?? 0) + 1);
    this.#arrivals.add(now);
    this.#maxInWindow = Math.max(this.#maxInWindow, this.#arrivals.count(now, windowMs));
    this.#inFlight += 1;
    this.#maxConcurrency = Math.max(this.#maxConcurrency, this.#inFlight);
  }

  /** `status` is null for a call that gets no answer. */
  left(status: number | null): void {
    const key = status === null ? "none" : String(status);
    this.#byStatus.set(key, (this.#byStatus.get(key) ?? 0) + 1);
    this.#inFlight -= 1;
  }

  report(windowMs: number): CounterReport {
    return {
      calls: this.#calls,
      writeCalls: this.#writeCalls,
      callsByPath: Object.fromEntries([...this.#byPath].sort()),
      callsByStatus: Object.fromEntries([...this.#byStatus].sort()),
      rateLimited: this.#byStatus.get("429") ?? 0,
      maxCallsInWindow: this.#maxInWindow,
      windowMs,
      maxConcurrency: this.#maxConcurrency,
      inFlight: this.#inFlight,
      pendingApplies: this.pendingApplies,
    };
  }
}
