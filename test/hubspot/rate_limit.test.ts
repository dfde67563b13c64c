import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRateLimiter } from "../../f/reverse_etl/hubspot/rate_limit.ts";
import type { HubSpotAnswer } from "../../f/reverse_etl/sync/hubspot_port.ts";
import type { RateLimiter } from "../../f/reverse_etl/sync/push_ports.ts";
import { randomStream } from "../../local/hubspot_simulator/random.ts";
import { type VirtualClock, virtualClock } from "./virtual_clock.ts";

const WINDOW_MS = 10_000;

/** HubSpot's rolling window: refuses the call that would be one too many, and tells what remains. */
function portal(clock: VirtualClock, limit: number) {
  const arrivals: number[] = [];
  const refusals: number[] = [];
  return {
    arrivals,
    refusals,
    call: async (latencyMs: number, way = 0.5): Promise<HubSpotAnswer> => {
      await clock.sleep(latencyMs * way);
      const now = clock.now();
      const inWindow = arrivals.filter((at) => at > now - WINDOW_MS).length;
      const isRefused = inWindow >= limit;
      if (isRefused) refusals.push(now);
      else arrivals.push(now);
      await clock.sleep(latencyMs * (1 - way));
      const headers = {
        "x-hubspot-ratelimit-max": String(limit),
        "x-hubspot-ratelimit-remaining": String(Math.max(0, limit - inWindow - 1)),
      };
      const body = isRefused ? '{"policyName":"TEN_SECONDLY_ROLLING"}' : "{}";
      return { kind: "answered", status: isRefused ? 429 : 200, headers, body, latencyMs };
    },
  };
}

/** One batch: `calls` calls, four in flight. */
async function runBatch(
  limiter: RateLimiter,
  calls: number,
  call: () => Promise<HubSpotAnswer>,
): Promise<void> {
  let left = calls;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      const slot = await limiter.acquire();
      slot.answered(await call());
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}

const most = (times: readonly number[]) =>
  Math.max(...times.map((at) => times.filter((other) => other > at - WINDOW_MS && other <= at).length));

describe("the rate limit", () => {
  test("no rolling window holds more calls than the share permits, whatever the latencies", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            ms: fc.integer({ min: 1, max: 4_000 }),
            way: fc.double({ min: 0, max: 1, noNaN: true }),
          }),
          {
            minLength: 60,
            maxLength: 120,
          },
        ),
        fc.constantFrom(0.25, 0.5, 1),
        async (latencies, share) => {
          const clock = virtualClock();
          const server = portal(clock, 1_000_000);
          const limiter = createRateLimiter({ calls: 20, seconds: 10, share, clock, random: () => 0 });
          const silent = async (): Promise<HubSpotAnswer> => {
            const { ms, way } = latencies.pop() ?? { ms: 1, way: 0 };
            const answer = await server.call(ms, way);
            // Without headers the share is all there is.
            return answer.kind === "answered" ? { ...answer, headers: {} } : answer;
          };
          await clock.run(runBatch(limiter, latencies.length, silent));
          expect(most(server.arrivals)).toBeLessThanOrEqual(20 * share);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("ten calls into an empty window take no longer than a second", async () => {
    const clock = virtualClock();
    const server = portal(clock, 190);
    const limiter = createRateLimiter({ calls: 190, seconds: 10, share: 0.25, clock, random: () => 0 });
    const startedAt = clock.now();
    await clock.run(runBatch(limiter, 10, () => server.call(80)));
    expect(clock.now() - startedAt).toBeLessThanOrEqual(1_000);
  });

  test("runs that follow one another every second, four batches each of any size, draw a 429 in ten thousand calls at most", async () => {
    let [sent, refused] = [0, 0];
    for (let calls = 1; calls <= 40; calls++) {
      const clock = virtualClock();
      const server = portal(clock, 190);
      const random = randomStream(calls, "latency");
      const runs = async () => {
        for (let run = 0; run < 12; run += 1) {
          const batches = [0, 1, 2, 3].map(() => {
            const limiter = createRateLimiter({
              calls: 190,
              seconds: 10,
              share: 0.25,
              clock,
              random: () => 0.5,
            });
            return runBatch(limiter, calls, () => server.call(random.integer(20, 80)));
          });
          await Promise.all([...batches, clock.sleep(1_000)]);
        }
      };
      await clock.run(runs());
      expect(server.arrivals.length + server.refusals.length).toBe(12 * 4 * calls);
      sent += server.arrivals.length;
      refused += server.refusals.length;
    }
    expect(refused).toBeLessThanOrEqual(sent / 10_000);
  });

  test("four long batches side by side use at least 90 % of what is permitted, with a 429 in a thousand calls at most", async () => {
    let refusals = 0;
    const times = [1, 2, 3, 4];
    for (const time of times) {
      const clock = virtualClock();
      const server = portal(clock, 190);
      const startedAt = clock.now();
      const batches = [0, 1, 2, 3].map((batch) => {
        const random = randomStream(time, `batch ${batch}`).next;
        const limiter = createRateLimiter({ calls: 190, seconds: 10, share: 0.25, clock, random });
        return runBatch(limiter, 400, () => server.call(50));
      });
      await clock.run(Promise.all(batches));
      const windows = (clock.now() - startedAt) / WINDOW_MS;
      // The last window counts as a whole, because its calls may come at its start.
      expect(server.arrivals.length / (Math.floor(windows) + 1)).toBeGreaterThanOrEqual(0.9 * 190);
      refusals += server.refusals.length;
    }
    expect(refusals).toBeLessThanOrEqual((times.length * 1_600) / 1_000);
  });

  test("a 429 pauses every call of the process, for as long as HubSpot says", async () => {
    const clock = virtualClock();
    const limiter = createRateLimiter({ calls: 190, seconds: 10, share: 1, clock, random: () => 0 });
    const limited: HubSpotAnswer = {
      kind: "answered",
      status: 429,
      headers: { "retry-after": "3" },
      body: "",
      latencyMs: 1,
    };
    const work = async () => {
      (await limiter.acquire()).answered(limited);
      const pausedAt = clock.now();
      await limiter.acquire();
      return clock.now() - pausedAt;
    };
    expect(await clock.run(work())).toBe(3_000);
  });

  test("a smaller maximum in the headers than configured is kept to", async () => {
    const clock = virtualClock();
    const server = portal(clock, 100);
    const limiter = createRateLimiter({ calls: 190, seconds: 10, share: 1, clock, random: () => 0 });
    await clock.run(runBatch(limiter, 300, () => server.call(30)));
    expect(server.refusals).toEqual([]);
  });

  test("a place that was not used is free at once", async () => {
    const clock = virtualClock();
    const limiter = createRateLimiter({ calls: 8, seconds: 10, share: 0.125, clock, random: () => 0 });
    const work = async () => {
      (await limiter.acquire()).unused();
      await limiter.acquire();
      return clock.now();
    };
    expect(await clock.run(work())).toBe(1_000_000);
  });

  test("a smaller limit than HubSpot's is kept to, although more remains", async () => {
    const clock = virtualClock();
    const server = portal(clock, 190);
    const limiter = createRateLimiter({ calls: 50, seconds: 10, share: 1, clock, random: () => 0 });
    await clock.run(runBatch(limiter, 150, () => server.call(30)));
    expect(most(server.arrivals)).toBeLessThanOrEqual(50);
  });

  test("a call always may leave some time, however many were refused or not sent before", async () => {
    const work = async (seed: number) => {
      const random = randomStream(seed, "limiter").next;
      const clock = virtualClock();
      const limiter = createRateLimiter({ calls: 12, seconds: 10, share: 0.25, clock, random });
      const worker = async () => {
        for (let call = 0; call < 4; call++) {
          const slot = await limiter.acquire();
          await clock.sleep(random() * 3_000);
          const way = random();
          const remaining = { "x-hubspot-ratelimit-remaining": String(Math.floor(random() * 6)) };
          const answer = { kind: "answered", body: "{}", latencyMs: 1 } as const;
          if (way < 0.4) slot.unused();
          else if (way < 0.5) slot.answered({ ...answer, status: 429, headers: {} });
          else slot.answered({ ...answer, status: 200, headers: remaining });
        }
      };
      await clock.run(Promise.all([worker(), worker(), worker()]));
    };
    for (let seed = 1; seed <= 1_000; seed++) await work(seed);
  });

  test("a pause that is too long to be waited for ends the push instead of holding its calls", async () => {
    const clock = virtualClock();
    const limiter = createRateLimiter({ calls: 190, seconds: 10, share: 1, clock, random: () => 0 });
    const headers = { "retry-after": "3600" };
    const work = async () => {
      const first = await limiter.acquire();
      const waiting = limiter.acquire();
      first.answered({ kind: "answered", status: 429, headers, body: "", latencyMs: 1 });
      await waiting;
      return clock.now();
    };
    expect(await clock.run(work())).toBeLessThan(1_000_000 + 10_000);
    expect(limiter.exhausted).toBe("RATE_LIMIT");
  });

  test("places that calls leave during a pause are not taken again all at once after it", async () => {
    const clock = virtualClock();
    const limiter = createRateLimiter({ calls: 190, seconds: 10, share: 0.5, clock, random: () => 0 });
    const answer = { kind: "answered", body: "", latencyMs: 0 } as const;
    const headers = { "x-hubspot-ratelimit-remaining": "100" };
    const work = async () => {
      const startedAt = clock.now();
      const sentAt: number[] = [];
      for (let call = 0; call < 20; call++) {
        (await limiter.acquire()).answered({ ...answer, status: 200, headers });
        sentAt.push(clock.now() - startedAt);
        await clock.sleep(20);
      }
      await clock.sleep(startedAt + WINDOW_MS - clock.now());
      (await limiter.acquire()).answered({ ...answer, status: 429, headers: {} });
      let given = 0;
      for (let call = 0; call < 20; call++) void limiter.acquire().then(() => given++);
      await clock.sleep(1_010);
      return { given, duringThePause: sentAt.filter((at) => at < 900).length };
    };
    const { given, duringThePause } = await clock.run(work());
    expect(duringThePause).toBeGreaterThan(10);
    expect(given).toBeLessThanOrEqual(2);
  });

  test("refusals in a row pause longer each time, up to a window", async () => {
    const clock = virtualClock();
    const limiter = createRateLimiter({ calls: 190, seconds: 10, share: 1, clock, random: () => 0 });
    const limited = { kind: "answered", status: 429, headers: {}, body: "", latencyMs: 1 } as const;
    const pauses: number[] = [];
    const work = async () => {
      for (let refusal = 0; refusal < 6; refusal++) {
        (await limiter.acquire()).answered(limited);
        const pausedAt = clock.now();
        const slot = await limiter.acquire();
        slot.unused();
        pauses.push(clock.now() - pausedAt);
      }
    };
    await clock.run(work());
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  test.each([
    ["what is left has come down to the reserve", "100", "DAILY_RESERVE"],
    ["more than the reserve is left", "101", null],
  ])("the day is over for us when %s", async (_, left, expected) => {
    const clock = virtualClock();
    const limiter = createRateLimiter({
      ...{ calls: 190, seconds: 10, share: 1, clock, random: () => 0 },
      dailyReserve: 0.1,
    });
    const headers = { "x-hubspot-ratelimit-daily": "1000", "x-hubspot-ratelimit-daily-remaining": left };
    const answer: HubSpotAnswer = { kind: "answered", status: 200, headers, body: "{}", latencyMs: 1 };
    await clock.run(limiter.acquire().then((slot) => slot.answered(answer)));
    expect(limiter.exhausted).toBe(expected);
  });
});
