/** Time as the sync sees it: only for margins and pauses; what decides a lease is the database's clock. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC on this machine. */
  now(): number;
  /** Resolves after `milliseconds`. */
  sleep(milliseconds: number): Promise<void>;
}

/** A number in [0, 1). */
export type Random = () => number;

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

export const systemRandom: Random = () => Math.random();
