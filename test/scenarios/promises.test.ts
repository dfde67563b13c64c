import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { settlementOf } from "../../f/reverse_etl/report/settlement_report.ts";
import { errorOf, flowWorld } from "../support/flow_world.ts";
import { LOST_ANSWERS, WRITES } from "../support/lost_answers.ts";
import { differences, silentDifferences } from "../support/oracle.ts";
import { contacts, FAULT_TIMINGS, persons } from "../support/people_sync.ts";
import { type Evidence, troubledRuns } from "../support/troubled_runs.ts";

const SEEDS = [1, 2, 3, 4];

/** Four histories, each judged by every promise. */
let histories: readonly Evidence[] = [];
const cleanUps: (() => void | Promise<void>)[] = [];

beforeAll(async () => {
  histories = await Promise.all(SEEDS.map((seed) => troubledRuns(seed, (work) => cleanUps.push(work))));
});
afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

const everyHistory = <T>(look: (evidence: Evidence) => T) =>
  Object.fromEntries(histories.map((evidence) => [evidence.seed, look(evidence)]));
const inEveryHistory = <T>(value: T) => Object.fromEntries(SEEDS.map((seed) => [seed, value]));

it("the histories that the promises are judged by are troubled", () => {
  // Which rows come in doubt depends on the order in which parallel calls leave, so only all histories together must have some.
  expect(histories.reduce((sum, { rowsInDoubt }) => sum + rowsInDoubt, 0)).toBeGreaterThan(0);
  for (const { listed, callsSeen } of histories) {
    expect(listed.length).toBeGreaterThan(0);
    expect(callsSeen).toBeGreaterThan(10);
  }
});

describe("Promise 1: Every changed source row is, after enough runs, either in HubSpot with the source's values or listed in the rejections", () => {
  it("the rows that HubSpot cannot take are listed with the reason, all others are in HubSpot", () => {
    expect(everyHistory(({ differences }) => differences)).toEqual(inEveryHistory([]));
    for (const { listed, invalid } of histories) {
      expect(listed.map(({ id }) => id).sort()).toEqual([...invalid].sort());
      for (const row of listed) expect(row).toMatchObject({ code: "INVALID_OPTION", property: "tier" });
    }
  });

  it("one run against a HubSpot that answers is enough", () => {
    for (const { quietRuns } of histories) expect(quietRuns).toBeLessThanOrEqual(2);
  });
});

describe.concurrent("Promise 2: A row is acknowledged only after HubSpot confirmed that very value", () => {
  it.for(Object.entries(LOST_ANSWERS))(
    "a call that is %s, every time, acknowledges nothing",
    async ([_name, action], { onTestFinished }) => {
      const world = await flowWorld({ sync: contacts({ timings: FAULT_TIMINGS }) }, onTestFinished);
      await world.people(persons(3));
      await world.fault({ match: WRITES, times: "always", action });
      await world.runWhenFree();
      expect(await world.writeCalls()).toBeGreaterThan(0);
      const state = await world.sql(
        "select person_id from retl.people_sync_state where row_hash is not null",
      );
      expect(state).toEqual([]);
      expect(await silentDifferences(world)).toEqual([]);
    },
  );

  it("a row that a 207 leaves out is not acknowledged, its neighbours are", async ({ onTestFinished }) => {
    const world = await flowWorld({}, onTestFinished);
    await world.people(persons(3));
    const results = ["p0", "p2"].map((id) => ({
      id: `9${id}`,
      properties: { person_number: id, score: id.slice(1), tier: "gold", note: "" },
      new: true,
    }));
    const body = { status: "COMPLETE", results, errors: [] };
    await world.fault({ match: WRITES, action: { apply: "never", reply: { status: 207, body } } });
    await world.run();
    const state = await world.sql(
      "select person_id, in_doubt from retl.people_sync_state order by person_id",
    );
    expect(state.map(({ person_id, in_doubt }) => `${person_id} ${in_doubt}`)).toEqual([
      "p0 false",
      "p1 true",
      "p2 false",
    ]);
  });

  it("an answer that shows another value than the one sent rejects the row and leaves it in doubt", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({}, onTestFinished);
    await world.people(persons(2));
    await world.fault({ match: WRITES, action: { echo: { score: "41" } } });
    await world.run();
    expect(await world.sql("select distinct code, property from retl.people_sync_rejections")).toEqual([
      { code: "VALUE_NOT_TAKEN", property: "score" },
    ]);
    expect(await world.sql("select distinct in_doubt from retl.people_sync_state")).toEqual([
      { in_doubt: "true" },
    ]);
  });
});

it("Promise 3: What HubSpot holds because of us never silently differs from what the state says", () => {
  expect(everyHistory(({ silentDifferences: found }) => found)).toEqual(inEveryHistory([]));
});

it("Promise 4: One HubSpot record a source row, whatever crashes", () => {
  for (const { held, sourceRows, listed } of histories) {
    expect(new Set(held).size).toBe(held.length);
    // A row that is listed now may have been in HubSpot before it became invalid.
    expect(held.length).toBeGreaterThanOrEqual(sourceRows - listed.length);
    expect(held.length).toBeLessThanOrEqual(sourceRows);
  }
});

describe("Promise 5: Running again without a change in the source sends nothing but rejections that are due", () => {
  it("nothing at all when no rejection is due", () => {
    expect(everyHistory(({ idleCalls }) => idleCalls)).toEqual(inEveryHistory(0));
  });

  it("a rejection whose time has come is sent alone, and waits twice as long the next time", async () => {
    const world = await flowWorld();
    await world.people(persons(4, (index) => (index === 2 ? { tier: "iron" } : {})));
    await world.run();
    const wait = "date_diff('second', last_at, next_try_at) as wait from retl.people_sync_rejections";
    const [first] = await world.sql(`select ${wait}`);
    await world.sql("update retl.people_sync_rejections set next_try_at = last_at");
    const due = await world.run();
    expect(settlementOf(due.result)).toMatchObject({ outcomes: { acknowledged: 0, rejected: 1 } });
    const [second] = await world.sql(`select attempts, ${wait}`);
    expect(second).toEqual({ attempts: "2", wait: `${2 * Number(first?.wait)}` });
  });
});

it("Promise 6: Rows read = unchanged + to send + skipped + refused; to send = acknowledged + rejected + deferred + unknown", () => {
  expect(everyHistory(({ unbalancedRuns }) => unbalancedRuns)).toEqual(inEveryHistory([]));
  for (const { rowsRead, sourceRows, callsRecorded, callsSeen } of histories) {
    expect(rowsRead).toBe(sourceRows);
    expect(callsRecorded).toBe(callsSeen);
  }
});

it("Promise 7: Two runs of one sync never interleave: the second fails as busy", async () => {
  const world = await flowWorld({ simulator: { latency: { minMs: 50, maxMs: 150 } } });
  await world.people(persons(30));
  const runs = await Promise.all([world.run(), world.run(), world.run()]);
  expect(runs.map((run) => errorOf(run)?.name ?? "succeeded").sort()).toEqual([
    "RETL_BUSY",
    "RETL_BUSY",
    "succeeded",
  ]);
  expect(await world.writeCalls()).toBe(6);
  expect(await differences(world)).toEqual([]);
});

describe("Promise 8: The permitted rate is not exceeded; after a DAILY limit only calls already in flight finish, and what is left is deferred", () => {
  it("four batches at a time stay within the burst limit, and nothing is refused", async () => {
    const world = await flowWorld({
      sync: contacts({ batch_size: 1, rate: { calls: 20, window_seconds: 1, calls_in_flight: 4 } }),
      simulator: { burst: { calls: 20, windowMs: 1_000 }, latency: { minMs: 5, maxMs: 40 } },
    });
    await world.people(persons(48));
    const run = await world.run();
    expect(settlementOf(run.result)).toMatchObject({ outcomes: { acknowledged: 48 } });
    const counters = await world.inspect<{ maxCallsInWindow: number; rateLimited: number }>("counters");
    expect(counters.rateLimited).toBe(0);
    expect(counters.maxCallsInWindow).toBeLessThanOrEqual(20);
  });

  it("a daily limit defers what is left without failing the run, and the next day goes on", async () => {
    const world = await flowWorld({
      sync: contacts({ batch_size: 1, rate: { calls_in_flight: 1 } }),
      // The first call lists the properties.
      simulator: { daily: { calls: 7, resetMs: 3_600_000 } },
    });
    await world.people(persons(24));
    const run = await world.run();
    expect(run.success).toBe(true);
    const left = { acknowledged: 6, deferred: 18, unknown: 0 };
    expect(settlementOf(run.result)).toMatchObject({ status: "partial", outcomes: left });
    // Four batches run at a time, each with one call in flight; those that start later do not ask again.
    const { rateLimited } = await world.inspect<{ rateLimited: number }>("counters");
    expect(rateLimited).toBeLessThanOrEqual(4);
    expect(await silentDifferences(world)).toEqual([]);

    const still = await world.run();
    expect(still.success).toBe(true);
    expect(settlementOf(still.result)).toMatchObject({
      status: "partial",
      outcomes: { acknowledged: 0, deferred: 18 },
    });
    expect(await world.inspect("counters")).toMatchObject({ rateLimited: rateLimited + 1 });

    await world.configure({ daily: { calls: 1_000 } });
    expect(settlementOf((await world.run()).result)).toMatchObject({
      status: "succeeded",
      outcomes: { acknowledged: 18 },
    });
    expect(await differences(world)).toEqual([]);
  });

  it("what is left of the day for other applications is not touched, and the next day goes on with what waited", async () => {
    const world = await flowWorld({
      sync: contacts({ batch_size: 1, rate: { calls_in_flight: 1, daily_reserve: 0.5 } }),
      simulator: { daily: { calls: 30, resetMs: 3_600_000 } },
    });
    await world.people(persons(40));
    const run = await world.run();
    expect(run.success).toBe(true);
    const { outcomes } = settlementOf(run.result) as { outcomes: { acknowledged: number; deferred: number } };
    expect(outcomes.acknowledged + outcomes.deferred).toBe(40);
    // The call that lists the properties comes to it; four batches at a time have a call each in flight when half of the day is used up.
    const { calls, rateLimited } = await world.inspect<{ calls: number; rateLimited: number }>("counters");
    expect(calls).toBeGreaterThanOrEqual(15);
    expect(calls).toBeLessThanOrEqual(18);
    expect(rateLimited).toBe(0);
    expect(await silentDifferences(world)).toEqual([]);

    const still = await world.run();
    expect(still.success).toBe(true);
    expect(settlementOf(still.result)).toMatchObject({ status: "partial", outcomes: { acknowledged: 0 } });

    await world.configure({ daily: { calls: 1_000 } });
    expect(settlementOf((await world.run()).result)).toMatchObject({
      status: "succeeded",
      outcomes: { acknowledged: outcomes.deferred },
    });
    expect(await differences(world)).toEqual([]);
  });
});
