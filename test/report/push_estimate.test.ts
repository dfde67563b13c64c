import { describe, expect, it } from "vitest";
import { estimatePush, readLimits } from "../../f/reverse_etl/report/push_estimate.ts";

const config = {
  batch_sizing: { one_batch_up_to_calls: 32, calls_per_batch: 15, max_batches: 512, parallelism: 4 },
  rate: { calls: 190, window_seconds: 10, calls_in_flight: 4, daily_reserve: 0 },
};

const told = readLimits({
  "x-hubspot-ratelimit-max": "190",
  "x-hubspot-ratelimit-remaining": "190",
  "x-hubspot-ratelimit-interval-milliseconds": "10000",
  "x-hubspot-ratelimit-daily": "625000",
  "x-hubspot-ratelimit-daily-remaining": "1000",
});
const now = { limits: told, latencyMs: 100, syncsAtOnce: 1 };

const short = (operations: Readonly<Record<string, number>>) =>
  Object.entries(operations).map(([operation, rows]) => ({ operation, rows, rowsOfCall: 100 }));

describe("the estimate of a push", () => {
  it("is bound by the latency while the limit has room", () => {
    expect(estimatePush(short({ update: 3200 }), config, now)).toEqual({
      calls: 32,
      seconds: 0.2,
      calls_today: 1000,
      rows_deferred: 0,
    });
  });

  it("is bound by the limit where there are more calls than are free now", () => {
    expect(estimatePush(short({ update: 57_000 }), config, now).seconds).toBe(20);
    const used = { ...now, limits: { ...told, remaining: 0 } };
    expect(estimatePush(short({ update: 57_000 }), config, used).seconds).toBe(30);
  });

  it("defers what the daily limit, less the reserve, has no calls for", () => {
    const reserving = { ...config, rate: { ...config.rate, daily_reserve: 0.1 } };
    expect(
      estimatePush(short({ update: 100_000 }), reserving, { ...now, limits: { ...told, daily: 6_000 } }),
    ).toMatchObject({
      calls: 1000,
      calls_today: 400,
      rows_deferred: 60_000,
    });
  });

  it("gives what is archived calls of its own, and takes the sync's limit where HubSpot tells none", () => {
    const silent = { ...now, limits: readLimits({}) };
    expect(estimatePush(short({ create: 60, update: 50, archive: 1 }), config, silent)).toEqual({
      calls: 3,
      seconds: 0.1,
      calls_today: null,
      rows_deferred: 0,
    });
  });

  it("gives long rows as many calls as they fill, and defers those of the calls that are too many", () => {
    const long = [
      { operation: "update", rows: 90, rowsOfCall: 3 },
      { operation: "update", rows: 500, rowsOfCall: 100 },
      { operation: "archive", rows: 300, rowsOfCall: 100 },
    ];
    expect(estimatePush(long, config, now)).toMatchObject({ calls: 38, rows_deferred: 0 });
    const few = { ...now, limits: { ...told, daily_remaining: 10 } };
    expect(estimatePush(long.slice(0, 1), config, few)).toMatchObject({ calls: 30, rows_deferred: 60 });
  });

  it("takes no header for a number that is none", () => {
    expect(readLimits({ "x-hubspot-ratelimit-max": "many" }).max).toBeNull();
  });
});
