import { describe, expect, it } from "vitest";
import { main as batchSizing } from "../../f/reverse_etl/batch_sizing.ts";
import { main as diffInsert } from "../../f/reverse_etl/diff_insert.ts";
import { main as hubspotPush } from "../../f/reverse_etl/hubspot_push.ts";
import { main as settle } from "../../f/reverse_etl/settle.ts";
import { type FlowWorld, flowWorld, TOKEN } from "../support/flow_world.ts";
import { differences, silentDifferences, unbalancedRuns } from "../support/oracle.ts";
import { compiledPeople, contacts, persons } from "../support/people_sync.ts";

/** The steps of one run, called as Windmill calls them, so that a test can start any of them twice. */
function steps(world: FlowWorld, runId: string) {
  const warehouse = { kind: "duckdb", path: world.warehousePath };
  const hubspot = { token: TOKEN, base_url: world.hubspot.url };
  const sync = compiledPeople(world.sync);
  return {
    plan: () => diffInsert(warehouse, sync, runId),
    async push(
      plan: { token: string | null; changes: number; properties: readonly object[] },
      copies: number,
    ) {
      const { batches } = await batchSizing(warehouse, hubspot, sync, runId, {
        ...plan,
        properties: [...plan.properties],
      });
      const each = batches.flatMap((batch) => Array.from({ length: copies }, () => batch));
      return Promise.all(
        each.map((batch) => hubspotPush(warehouse, hubspot, sync, runId, plan.token ?? "", batch)),
      );
    },
    settle: (plan: { token: string | null }, reports: object[]) =>
      settle(warehouse, sync, runId, plan.token ?? "", reports),
  };
}

async function expectAllRight(world: FlowWorld, rows: number) {
  expect(await differences(world)).toEqual([]);
  expect(await silentDifferences(world)).toEqual([]);
  expect(await unbalancedRuns(world)).toEqual([]);
  expect(await world.records()).toHaveLength(rows);
}

describe("two copies of a step at once, as when Windmill restarts one whose worker went silent", () => {
  const options = { simulator: { latency: { minMs: 10, maxMs: 60 } } };

  it("diff_insert: both give the same plan, which is stored once", async () => {
    const world = await flowWorld(options);
    await world.people(persons(12));
    const run = steps(world, "r1");
    const plans = await Promise.all([run.plan(), run.plan(), run.plan()]);
    expect(plans[1]).toEqual(plans[0]);
    expect(plans[2]).toEqual(plans[0]);
    const [stored] = await world.sql("select count(*) as rows from retl.people_sync where seq > 0");
    expect(stored).toEqual({ rows: "12" });
    await run.settle(plans[0], await run.push(plans[0], 1));
    await expectAllRight(world, 12);
  });

  it("hubspot_push: every row has one record and the values sent", async () => {
    const world = await flowWorld(options);
    for (const score of [1, 2]) {
      await world.people(persons(12, (index) => ({ score: score * 100 + index })));
      const run = steps(world, `r${score}`);
      const plan = await run.plan();
      await run.settle(plan, await run.push(plan, 2));
      await expectAllRight(world, 12);
    }
  });

  it("settle: both give the same settlement, and the run is folded once", async () => {
    const world = await flowWorld(options);
    await world.people(persons(12));
    const run = steps(world, "r1");
    const plan = await run.plan();
    const reports = await run.push(plan, 1);
    const settlements = await Promise.all([run.settle(plan, reports), run.settle(plan, reports)]);
    expect(settlements[1]).toEqual(settlements[0]);
    const folds = await world.sql("select distinct folded_by from retl.people_sync_journal");
    expect(folds).toHaveLength(1);
    await expectAllRight(world, 12);
  });

  it("a copy of hubspot_push that goes on after the run was settled and another has begun sends nothing more, or puts its rows in doubt", async () => {
    const world = await flowWorld({
      sync: contacts({ batch_size: 1, rate: { calls_in_flight: 1 } }),
      simulator: { latency: { minMs: 30, maxMs: 60 } },
    });
    await world.people(persons(16, () => ({ score: 1 })));
    const first = steps(world, "r1");
    const plan = await first.plan();
    const slow = first.push(plan, 1).catch((error: unknown) => error);
    await pause(60);
    // Windmill took the step for dead: its copy did nothing more, and the flow went on to settle.
    await first.settle(plan, []);
    await world.people(persons(16, () => ({ score: 2 })));
    await world.run();
    await slow;
    await world.runWhenFree();
    await expectAllRight(world, 16);
  });
});

describe("two whole runs at once", () => {
  it("one goes through, the others are busy, and nothing is sent twice", async () => {
    const world = await flowWorld({ simulator: { latency: { minMs: 20, maxMs: 80 } } });
    for (let round = 0; round < 3; round++) {
      await world.people(persons(20, (index) => ({ score: round * 100 + index })));
      const calls = await world.writeCalls();
      const runs = await Promise.all([world.run(), world.run()]);
      expect(runs.map(({ success }) => success).sort()).toEqual([false, true]);
      expect((await world.writeCalls()) - calls).toBe(4);
      await expectAllRight(world, 20);
    }
  });
});

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
