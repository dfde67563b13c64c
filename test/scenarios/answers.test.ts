import { describe, expect, it } from "vitest";
import { settlementOf } from "../../f/reverse_etl/report/settlement_report.ts";
import { RetlError } from "../../f/reverse_etl/sync/error.ts";
import { openWarehouse, registerWarehouse } from "../../f/reverse_etl/warehouse/open_warehouse.ts";
import type { ModuleState } from "../../local/flow_runner/flow_run.ts";
import { errorOf, flowWorld } from "../support/flow_world.ts";
import { LOST_ANSWERS, WRITES } from "../support/lost_answers.ts";
import { differences, silentDifferences } from "../support/oracle.ts";
import { contacts, FAULT_TIMINGS, persons } from "../support/people_sync.ts";

describe.concurrent("answers in another form", () => {
  it.for([
    ["no trace ids at all", { echoTraceIds: false as const }],
    ["trace ids in errors only", { echoTraceIds: "errors" as const }],
    ["cleared values left out", { echoCleared: "omitted" as const }],
    ["cleared values as null", { echoCleared: "null" as const }],
    ["values as a Java server shows them", { valueForm: "java" as const }],
  ] as const)(
    "%s: every row is told apart, and nothing is sent twice",
    async ([_name, simulator], { onTestFinished }) => {
      const world = await flowWorld({ simulator }, onTestFinished);
      const rows = persons(11, (index) => ({
        score: index % 3 === 0 ? null : index * 10_000_000,
        tier: index % 4 === 1 ? "iron" : "gold",
      }));
      await world.people(rows);
      const run = await world.run();
      const listed = await world.sql("select person_id from retl.people_sync_rejections order by 1");
      expect(listed.map(({ person_id }) => person_id)).toEqual(["p1", "p5", "p9"]);
      expect(settlementOf(run.result)).toMatchObject({
        outcomes: { acknowledged: 8, rejected: 3, unknown: 0 },
      });
      expect(await differences(world, { except: ["p1", "p5", "p9"] })).toEqual([]);
      const calls = await world.writeCalls();
      await world.run();
      expect(await world.writeCalls()).toBe(calls);
    },
  );
});

describe.concurrent("calls that HubSpot lets wait or loses, once", () => {
  it.for(Object.entries(LOST_ANSWERS))(
    "a call that is %s is sent again in the same run",
    async ([name, action], { onTestFinished }) => {
      const world = await flowWorld({ sync: contacts({ timings: FAULT_TIMINGS }) }, onTestFinished);
      await world.people(persons(10));
      await world.fault({ match: WRITES, action });
      const run = await world.runWhenFree();
      expect(run.success).toBe(true);
      if (/empty 200|without results/.test(name)) {
        // An answer came, so there is nothing to repeat: its rows are in doubt, and the next run sends them whole.
        expect(settlementOf(run.result)).toMatchObject({
          status: "partial",
          outcomes: { acknowledged: 5, unknown: 5 },
        });
        expect(await silentDifferences(world)).toEqual([]);
        await world.runWhenFree();
      } else {
        expect(settlementOf(run.result)).toMatchObject({
          status: "succeeded",
          outcomes: { acknowledged: 10 },
        });
      }
      expect(await differences(world)).toEqual([]);
      expect((await world.records()).length).toBe(10);
    },
  );

  it.for([
    ["423 locked", { status: 423 }],
    ["477 migration", { status: 477, headers: { "retry-after": "1" } }],
    [
      "429 with Retry-After",
      { status: 429, headers: { "retry-after": "1" }, body: { policyName: "TEN_SECONDLY_ROLLING" } },
    ],
    ["429 SECONDLY", { status: 429, body: { policyName: "SECONDLY" } }],
  ] as const)("%s is waited for and the call sent again", async ([_name, reply], { onTestFinished }) => {
    const world = await flowWorld({}, onTestFinished);
    await world.people(persons(6));
    await world.fault({ match: WRITES, action: { reply } });
    const run = await world.run();
    expect(settlementOf(run.result)).toMatchObject({ status: "succeeded", outcomes: { acknowledged: 6 } });
    expect(await differences(world)).toEqual([]);
  });
});

describe.concurrent("a HubSpot that puts off the question for its properties", () => {
  const PROPERTIES = { path: "/crm/v3/properties/contacts", method: "GET" };

  it.for([
    [
      "429 TEN_SECONDLY",
      { status: 429, headers: { "retry-after": "1" }, body: { policyName: "TEN_SECONDLY_ROLLING" } },
    ],
    ["423 locked", { status: 423 }],
    ["477 migration", { status: 477, headers: { "retry-after": "1" } }],
  ] as const)(
    "for a moment (%s) is waited for, and the run goes on",
    async ([_name, reply], { onTestFinished }) => {
      const world = await flowWorld({}, onTestFinished);
      await world.people(persons(6));
      await world.fault({ match: PROPERTIES, action: { reply } });
      expect(settlementOf((await world.run()).result)).toMatchObject({
        status: "succeeded",
        outcomes: { acknowledged: 6 },
      });
    },
  );

  it("for an hour leaves every row to the next run, with the reason", async ({ onTestFinished }) => {
    const world = await flowWorld({}, onTestFinished);
    await world.people(persons(6));
    const reply = { status: 477, headers: { "retry-after": "3600" } };
    await world.fault({ match: PROPERTIES, times: "always", action: { reply } });
    const run = await world.run();
    expect(run.success).toBe(true);
    const settlement = settlementOf(run.result);
    expect(settlement).toMatchObject({ status: "partial", outcomes: { acknowledged: 0, deferred: 6 } });
    expect(settlement?.figures.codes).toMatchObject([{ outcome: "deferred", code: "MIGRATION", rows: 6 }]);
    await world.clearFaults();
    expect(settlementOf((await world.run()).result)).toMatchObject({ outcomes: { acknowledged: 6 } });
  });
});

describe.concurrent("a HubSpot that is down", () => {
  it("is asked by the batches under way alone, however many there are", async ({ onTestFinished }) => {
    const sync = contacts({
      ...{ timings: FAULT_TIMINGS, batch_size: 1, rate: { calls_in_flight: 1 } },
      batch_sizing: { one_batch_up_to_calls: 1, calls_per_batch: 2, max_batches: 16, parallelism: 2 },
    });
    const world = await flowWorld({ sync }, onTestFinished);
    await world.people(persons(32));
    await world.fault({ match: WRITES, times: "always", action: { apply: "never", reply: { status: 503 } } });
    expect((await world.run()).success).toBe(false);
    const { callsByStatus } = await world.inspect<{ callsByStatus: Record<string, number> }>("counters");
    const tried = callsByStatus["503"] ?? 0;
    await world.clearFaults();
    expect(settlementOf((await world.run()).result)).toMatchObject({ outcomes: { acknowledged: 32 } });
    // Two batches at a time, of two calls with four tries each; the other fourteen send nothing.
    expect(tried).toBeLessThanOrEqual(16);
  });

  it("for the whole push: the run is settled and fails with the code, and the next good run sends what is left", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({ sync: contacts({ timings: FAULT_TIMINGS }) }, onTestFinished);
    await world.people(persons(20));
    await world.fault({ match: WRITES, times: "always", action: { apply: "never", reply: { status: 503 } } });
    const run = await world.run();
    expect(run.success).toBe(false);
    expect(errorOf(run)?.name).toBe("RETL_HUBSPOT_UNREACHABLE");
    expect(errorOf(run)?.message).toMatch(/The run is settled: 0 rows acknowledged/);
    expect(await silentDifferences(world)).toEqual([]);
    await world.clearFaults();
    expect(settlementOf((await world.run()).result)).toMatchObject({ outcomes: { acknowledged: 20 } });
    expect(await differences(world)).toEqual([]);
  });

  it("settle says so once; only a warehouse that is not there lets it be tried again", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({ sync: contacts({ timings: FAULT_TIMINGS }) }, onTestFinished);
    await world.people(persons(1));
    await world.fault({ match: WRITES, times: "always", action: { apply: "never", reply: { status: 503 } } });
    const warehouse = { ...world.warehouse, kind: `away_once_${world.warehousePath}` };
    let opened = 0;
    registerWarehouse(warehouse.kind, async (resource, { step }) => {
      if (step === "settle") opened += 1;
      if (step !== "settle" || opened !== 1)
        return openWarehouse({ ...resource, kind: "duckdb" }, { run_id: "", step });
      throw new RetlError("RETL_WAREHOUSE_UNAVAILABLE", { what: "It is away.", state: "", next: "" });
    });
    const settled: ModuleState[] = [];
    const run = await world.run({
      warehouse,
      onEvent: (event) => {
        if (event.kind === "module_finished" && /^settle/.test(event.state.id)) settled.push(event.state);
      },
    });
    expect(errorOf(run)?.name).toBe("RETL_HUBSPOT_UNREACHABLE");
    expect(settled).toMatchObject([{ type: "Failure", failedRetries: 1 }]);
    expect(opened).toBe(2);
  });

  it("from the middle of the push on: what was acknowledged stays so", async ({ onTestFinished }) => {
    const sync = contacts({ timings: FAULT_TIMINGS, batch_size: 2, rate: { calls_in_flight: 1 } });
    const world = await flowWorld({ sync }, onTestFinished);
    await world.people(persons(30));
    await world.fault({ match: WRITES, nth: 6, times: "always", action: { apply: "now", reply: "reset" } });
    const run = await world.run();
    expect(run.success).toBe(false);
    const [settled] = await world.sql("select acknowledged, unknown, deferred from retl.retl_runs");
    expect(settled?.acknowledged).toBe("10");
    expect(Number(settled?.unknown) + Number(settled?.deferred)).toBe(20);
    expect(await silentDifferences(world)).toEqual([]);
    await world.clearFaults();
    await world.runWhenFree();
    expect(await differences(world)).toEqual([]);
  });

  it("a token that is taken away in the middle stops the run, rejects no row, and the other batches hardly ask again", async ({
    onTestFinished,
  }) => {
    const sync = contacts({ batch_size: 1, rate: { calls_in_flight: 1 } });
    const world = await flowWorld({ sync }, onTestFinished);
    await world.people(persons(24));
    await world.fault({
      match: WRITES,
      nth: 5,
      times: "always",
      action: {
        reply: { status: 401, body: { category: "EXPIRED_AUTHENTICATION", message: "The token expired" } },
      },
    });
    const run = await world.run();
    expect(errorOf(run)?.name).toBe("RETL_HUBSPOT_UNAUTHORIZED");
    expect(await world.sql("select acknowledged, rejected, deferred, unknown from retl.retl_runs")).toEqual([
      { acknowledged: "4", rejected: "0", deferred: "20", unknown: "0" },
    ]);
    expect(await world.writeCalls()).toBeLessThanOrEqual(4 + 4);
    await world.clearFaults();
    await world.run();
    expect(await differences(world)).toEqual([]);
  });
});
