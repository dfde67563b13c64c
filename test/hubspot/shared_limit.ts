import { createRateLimiter } from "../../f/reverse_etl/hubspot/rate_limit.ts";
import type { HubSpotAnswer } from "../../f/reverse_etl/sync/hubspot_port.ts";
import { randomStream } from "../../local/hubspot_simulator/random.ts";
import { RateWindow } from "../../local/hubspot_simulator/rate_window.ts";
import { virtualClock } from "./virtual_clock.ts";

export interface SharedLimitOptions {
  readonly workers: number;
  readonly seed: number;
  readonly seconds?: number;
  /** How many the workers take themselves for; as many as they are when absent. */
  readonly declared?: number;
  /** The workers start within this time of each other. */
  readonly spreadMs?: number;
  /** By how much later than otherwise calls arrive at most while the workers start. */
  readonly lateStartMs?: number;
  /** For how long at most a worker is held up, every few seconds, between taking a place and sending. */
  readonly heldUpMs?: number;
  /** When the first worker dies. */
  readonly killAtMs?: number;
  /** The part of the limit that somebody else takes, evenly, since long before. */
  readonly otherUser?: number;
}

export interface SharedLimitFigures {
  readonly utilisation: number;
  /** Calls of the workers that were refused. */
  readonly limited: number;
  readonly callsByWorker: readonly number[];
}

const LIMIT = 190;
const WINDOW_MS = 10_000;
const CALLS_IN_FLIGHT = 16;

/** Longest way of a call to HubSpot; the answer takes 50 to 800 ms more. */
const WAY_MS = 40;

/** From one hold-up of a worker to the next, at most. */
const HOLD_UPS_MS = 4_000;

/** For so long busy workers send late. */
const STARTING_MS = 3_000;

/** Workers that know of each other only by the headers push without end against one rolling window, on a clock that takes no time. */
export async function shareLimit(options: SharedLimitOptions): Promise<SharedLimitFigures> {
  const {
    workers,
    seed,
    seconds = 60,
    declared = workers,
    spreadMs = 300,
    otherUser = 0,
    lateStartMs = 0,
    heldUpMs = 0,
  } = options;
  const clock = virtualClock();
  const random = randomStream(seed, "shared limit");
  const window = new RateWindow();
  const callsByWorker = Array.from({ length: workers }, () => 0);
  const aheadMs = otherUser > 0 ? WINDOW_MS : 0;
  const startsAt = clock.now() + aheadMs;
  const endsAt = startsAt + seconds * 1000;
  let limited = 0;
  let others = 0;

  function admit(): { readonly isRefused: boolean; readonly remaining: number } {
    const now = clock.now();
    const count = window.count(now, WINDOW_MS);
    const isRefused = count >= LIMIT;
    if (!isRefused) window.add(now);
    return { isRefused, remaining: Math.max(0, LIMIT - count - 1) };
  }

  const holdUps = callsByWorker.map(() => ({ from: startsAt, to: startsAt }));

  function heldUpFor(worker: number): number {
    const now = clock.now();
    const last = holdUps[worker] ?? { from: now, to: now };
    while (last.to <= now) {
      last.from = last.to + HOLD_UPS_MS * random.next();
      last.to = last.from + heldUpMs * random.next();
    }
    return last.from <= now ? last.to - now : 0;
  }

  async function call(worker: number): Promise<HubSpotAnswer> {
    if (heldUpMs > 0) await clock.sleep(heldUpFor(worker));
    const isStarting = clock.now() < startsAt + STARTING_MS;
    const wayMs = (WAY_MS + (isStarting ? lateStartMs : 0)) * random.next();
    await clock.sleep(wayMs);
    const { isRefused, remaining } = admit();
    if (isRefused) limited += 1;
    else if (clock.now() < endsAt) callsByWorker[worker] = (callsByWorker[worker] ?? 0) + 1;
    const answerMs = random.integer(50, 800);
    await clock.sleep(answerMs);
    return {
      kind: "answered",
      status: isRefused ? 429 : 200,
      headers: { "x-hubspot-ratelimit-max": `${LIMIT}`, "x-hubspot-ratelimit-remaining": `${remaining}` },
      body: isRefused ? '{"policyName":"TEN_SECONDLY_ROLLING"}' : "{}",
      latencyMs: Math.round(wayMs + answerMs),
    };
  }

  async function work(worker: number): Promise<void> {
    await clock.sleep(aheadMs + spreadMs * random.next());
    const limiter = createRateLimiter({
      calls: LIMIT,
      seconds: WINDOW_MS / 1000,
      share: 1 / declared,
      clock,
      random: () => random.next(),
    });
    const diesAt = worker === 0 && options.killAtMs !== undefined ? startsAt + options.killAtMs : endsAt;
    const lane = async () => {
      while (clock.now() < diesAt) {
        const slot = await limiter.acquire();
        if (clock.now() >= diesAt) return;
        slot.answered(await call(worker));
      }
    };
    await Promise.race([
      Promise.all(Array.from({ length: CALLS_IN_FLIGHT }, lane)),
      clock.sleep(diesAt - clock.now()),
    ]);
  }

  async function useBeside(): Promise<void> {
    const everyMs = WINDOW_MS / (otherUser * LIMIT);
    for (let at = clock.now(); at < endsAt; at += everyMs) {
      await clock.sleep(Math.max(0, at + 0.5 * everyMs * random.next() - clock.now()));
      if (!admit().isRefused && clock.now() >= startsAt) others += 1;
    }
  }

  const all = callsByWorker.map((_, worker) => work(worker));
  await clock.run(Promise.all([...all, ...(otherUser > 0 ? [useBeside()] : [])]));
  const permitted = (LIMIT * seconds * 1000) / WINDOW_MS - others;
  const used = callsByWorker.reduce((sum, calls) => sum + calls, 0);
  return { utilisation: used / permitted, limited, callsByWorker };
}
