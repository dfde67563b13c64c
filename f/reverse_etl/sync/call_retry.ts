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
}

/**
 * Runs one call until it gives something else than `wait`, or until its tries are used up: then that last `wait` is given back.
 * Whatever `run` throws is thrown at once.
 */
export async function withRetries<T extends { readonly kind: string }>(
  run: () => Promise<T | Wait>,
  ports: RetryPorts,
): Promise<T | Wait> {
  let limited = 0;
  let others = 0;
  const mayRetry = async (wait: Wait): Promise<boolean> => {
    if (wait.limited) limited += 1;
    else others += 1;
    if (wait.seconds > LONGEST_WAIT_SECONDS) return false;
    if (limited >= RETRY.limitedTries || others >= RETRY.tries || ports.isOver()) return false;
    await ports.beforePause();
    await ports.clock.sleep(pauseMs(wait, others, ports.random));
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
        retries: RETRY.tries + RETRY.limitedTries,
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
