import { setTimeout } from "node:timers/promises";

/** Time as the runner sees it: retry delays, `sleep` and step timeouts. */
export interface Timer {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number;
  /**
   * Resolves after `milliseconds`; rejects as soon as `signal` aborts, so that no timer outlives its step.
   */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemTimer: Timer = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) =>
    setTimeout(milliseconds, undefined, signal === undefined ? {} : { signal }),
};
