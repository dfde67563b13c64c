import { describe, expect, test } from "vitest";
import { type SharedLimitOptions, shareLimit } from "./shared_limit.ts";

const SEEDS = [1, 2, 3, 4];

/** A minute has 1,140 calls. */
async function minutes(options: Omit<SharedLimitOptions, "seed">, seeds: readonly number[] = SEEDS) {
  const all = [];
  for (const seed of seeds) all.push(await shareLimit({ ...options, seed }));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    utilisation: mean(all.map((one) => one.utilisation)),
    limited: mean(all.map((one) => one.limited)),
    leastShare: Math.min(
      ...all.map(({ callsByWorker }) => (Math.min(...callsByWorker) * callsByWorker.length) / 1_140),
    ),
  };
}

describe("processes that share HubSpot's limit without knowing of each other", () => {
  test.each([1, 2, 4, 8, 16])(
    "%i of them use 97 % of it, and about one call in 1,000 is refused",
    async (workers) => {
      const { utilisation, limited, leastShare } = await minutes({ workers });
      expect(utilisation).toBeGreaterThanOrEqual(0.97);
      expect(limited).toBeLessThanOrEqual(1);
      expect(leastShare).toBeGreaterThan(0.3);
    },
  );

  test.each([2, 4, 16])(
    "%i of them that are slow to start, and send their first calls late, are not refused for it a window later",
    async (workers) => {
      const { utilisation, limited } = await minutes({ workers, lateStartMs: 700 });
      expect(utilisation).toBeGreaterThanOrEqual(0.97);
      expect(limited).toBeLessThanOrEqual(1);
    },
  );

  test.each([1, 2, 4, 8, 16])(
    "%i of them that are held up for a moment between taking a place and sending are not refused for it a window later",
    async (workers) => {
      const { utilisation, limited } = await minutes({ workers, heldUpMs: 300 });
      expect(utilisation).toBeGreaterThanOrEqual(0.97);
      expect(limited).toBeLessThanOrEqual(1);
    },
  );

  test("sixteen that start one after another take no more than their shares in the first window, however late the news is", async () => {
    const thirty = Array.from({ length: 30 }, (_, index) => index + 1);
    const { utilisation, limited } = await minutes({ workers: 16, spreadMs: 1_500 }, thirty);
    expect(utilisation).toBeGreaterThanOrEqual(0.97);
    expect(limited).toBeLessThanOrEqual(0.15);
  });

  test("the share of one that is killed is used by the others", async () => {
    const { utilisation, limited } = await minutes({ workers: 4, killAtMs: 30_000 });
    expect(utilisation).toBeGreaterThanOrEqual(0.97);
    expect(limited).toBeLessThanOrEqual(1);
  });

  test("another user of the token keeps 30 % of it, and they use the rest", async () => {
    const { utilisation, limited } = await minutes({ workers: 4, otherUser: 0.3 });
    expect(utilisation).toBeGreaterThanOrEqual(0.97);
    expect(limited).toBeLessThanOrEqual(1);
  });

  test("those that start later find their share free", async () => {
    const { utilisation, limited, leastShare } = await minutes({ workers: 8, spreadMs: 5_000 });
    expect(utilisation).toBeGreaterThanOrEqual(0.97);
    expect(limited).toBeLessThanOrEqual(1);
    expect(leastShare).toBeGreaterThan(0.3);
  });

  test("one of four whose other three never start takes all of it within the minute", async () => {
    const { utilisation, limited } = await minutes({ workers: 1, declared: 4, seconds: 120 });
    expect(utilisation).toBeGreaterThanOrEqual(0.9);
    expect(limited).toBeLessThanOrEqual(1);
  });
});
