import { expect, it } from "vitest";
import { settlementOf } from "../../f/reverse_etl/report/settlement_report.ts";
import { errorOf, flowWorld } from "../support/flow_world.ts";
import { contacts, persons } from "../support/people_sync.ts";
import { partsOf, rendererOf, tableWith } from "../support/rendered.ts";

const invalidTiers = (index: number) => (index < 3 ? { tier: "iron" } : {});

it("a run's result renders in Windmill as figures, codes and a plot, and is readable by a program", async () => {
  const world = await flowWorld();
  await world.people(persons(20, invalidTiers));
  const { result } = await world.run();
  expect(partsOf(result).map(rendererOf)).toEqual([
    "markdown",
    "table-row-object",
    "table-row-object",
    "svg",
    "json",
  ]);
  expect(settlementOf(result)).toMatchObject({
    status: "succeeded",
    outcomes: { acknowledged: 17, rejected: 3, deferred: 0, unknown: 0 },
    figures: {
      codes: [{ outcome: "rejected", code: "INVALID_OPTION", property: "tier", rows: 3, example_id: "p0" }],
    },
  });
  expect(tableWith(result, "outcome")).toEqual([
    { outcome: "rejected", code: "INVALID_OPTION", property: "tier", rows: 3, "a row": "p0" },
  ]);
  const figures = Object.fromEntries(tableWith(result, "figure").map(({ figure, value }) => [figure, value]));
  expect(figures).toMatchObject({ "rows acknowledged": 17, "rows rejected": 3, calls: 4 });
  expect(figures["rows a second"]).toBeGreaterThan(0);
  expect(figures["share of the permitted rate (%)"]).toBe(2.1);
});

it("the figures of a run are in retl_runs, too, and every call is in the histogram", async () => {
  const world = await flowWorld();
  await world.people(persons(20, invalidTiers));
  const settled = settlementOf((await world.run()).result);
  const [run] = await world.sql(
    "select calls, pushing_ms, permitted_calls, latency_p99_ms, latency_max_ms, cast(latency_histogram as varchar) as histogram, cast(outcome_codes as varchar) as codes from retl.retl_runs",
  );
  const histogram = JSON.parse(run?.histogram ?? "") as { calls: number }[];
  expect(histogram.reduce((sum, { calls }) => sum + calls, 0)).toBe(Number(run?.calls));
  expect({ ...settled?.figures, codes: JSON.parse(run?.codes ?? "") }).toEqual({
    latency_p99_ms: Number(run?.latency_p99_ms),
    latency_histogram: histogram,
    pushing_ms: Number(run?.pushing_ms),
    permitted_calls: 190,
    codes: settled?.figures.codes,
  });
  expect(Number(run?.latency_p99_ms)).toBeLessThanOrEqual(Number(run?.latency_max_ms));
});

it("every row that was not sent has the code of what ended its batch, and of what kept the run from having any", async () => {
  const sync = contacts({ batch_size: 1, rate: { calls_in_flight: 1 } });
  const world = await flowWorld({ sync, simulator: { daily: { calls: 4, resetMs: 3_600_000 } } });
  await world.people(persons(30));
  for (const acknowledged of [3, 0]) {
    const settlement = settlementOf((await world.run()).result);
    expect(settlement?.outcomes.acknowledged).toBe(acknowledged);
    const left = acknowledged === 0 ? 27 : 30 - acknowledged;
    expect(settlement?.figures.codes).toMatchObject([{ outcome: "deferred", code: "DAILY", rows: left }]);
  }
});

it("a run that fails after settling carries the same figures in its error", async () => {
  const world = await flowWorld();
  // One batch: of two that are pushed at once the one that is refused first stops the other, which then has no code.
  await world.people(persons(5));
  await world.fault({
    match: { path: "batch/upsert" },
    times: "always",
    action: {
      reply: { status: 401, body: { status: "error", category: "INVALID_AUTHENTICATION", message: "no" } },
    },
  });
  const run = await world.run();
  expect(rendererOf(run.result)).toBe("error");
  expect(errorOf(run)).toMatchObject({
    name: "RETL_HUBSPOT_UNAUTHORIZED",
    extra: {
      details: {
        status: "failed",
        outcomes: { deferred: 5 },
        figures: {
          codes: [{ outcome: "deferred", code: "RETL_HUBSPOT_UNAUTHORIZED" }],
          permitted_calls: 190,
        },
      },
    },
  });
});
