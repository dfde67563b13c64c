import pRetry from "p-retry";
import type { Clock, Random } from "./clock.ts";
import { LONGEST_WAIT_SECONDS, type Wait } from "./verdict.ts";

/** Bounds of the one layer of retries. */
export const RETRY = {
  /** Tries of a call that a server error, a lock or silence answered. */
  tries: 4,
  /** Tries of a call that the burst limit refused: with 10 s each, a minute and a half of somebody else's load. */
  limitedTries: 10,
  /** Ceiling of the backoff between tries. */
  longestBackoffSeconds: 30,
} as const;

/** Thrown by a try whose call may go out again later. */
class CallMustWait extends Error {
  readonly wait: Wait;

  constructor(wait: Wait) {
    super(wait.code);
    this.wait = wait;
  }
}

export interface RetryPorts {
  readonly clock: Clock;
  readonly random: Random;
  /** Called before a pause begins. */
  beforePause(): Promise<void>;
  /** True when nothing more may be sent. */
  isOver(): boolean;
  /** What all calls of a push have in common; a call by itself has nothing. */
  readonly shared?: SharedTrouble;
}

/** Trouble that calls share: whether one goes on, and how long it waits, depends on what the others meet. */
export interface SharedTrouble {
  /** Whether a call that came to nothing `tries` times, limits apart, is given up. */
  isUsedUp(wait: Wait, tries: number): boolean;
  /** Waits before the call's next try. */
  pause(wait: Wait, tries: number): Promise<void>;
}

/**
 * Runs one call until it gives something else than `wait`, or until its tries are used up: then that last `wait` is given back.
 * Whatever `run` throws is thrown at once.
 */
export async function withRetries<T extends { readonly kind: string }>(
  run: () => Promise<T | Wait>,
  ports: RetryPorts,
): Promise<T | Wait> {
  const { clock, random } = ports;
  const shared: SharedTrouble = ports.shared ?? {
    isUsedUp: (_, tries) => tries >= RETRY.tries,
    pause: (wait, tries) => clock.sleep(pauseMs(wait, tries, random)),
  };
  let limited = 0;
  let others = 0;
  const mayRetry = async (wait: Wait): Promise<boolean> => {
    if (wait.limited) limited += 1;
    else others += 1;
    if (wait.seconds > LONGEST_WAIT_SECONDS) return false;
    if (ports.isOver()) return false;
    if (wait.limited ? limited >= RETRY.limitedTries : shared.isUsedUp(wait, others)) return false;
    await ports.beforePause();
    await shared.pause(wait, others);
    return true;
  };
  try {
    return await pRetry(
      async () => {
        const result = await run();
        if (isWait(result)) throw new CallMustWait(result);
        return result;
      },
      {
        // Whether a call goes on is decided by what all calls meet.
        retries: Number.POSITIVE_INFINITY,
        minTimeout: 0,
        shouldRetry: ({ error }) => error instanceof CallMustWait && mayRetry(error.wait),
      },
    );
  } catch (error) {
    if (error instanceof CallMustWait) return error.wait;
    throw error;
  }
}

function isWait(result: { readonly kind: string }): result is Wait {
  return result.kind === "wait";
}

/** A pause that HubSpot named is kept, with a little jitter on top; any other is exponential with full jitter. */
export function pauseMs(wait: Wait, tries: number, random: Random): number {
  if (wait.atLeast) return Math.ceil(wait.seconds * 1000 * (1 + 0.1 * random()));
  const ceiling = Math.min(RETRY.longestBackoffSeconds, wait.seconds * 2 ** Math.max(0, tries - 1));
  return Math.ceil(ceiling * 1000 * random());
}
