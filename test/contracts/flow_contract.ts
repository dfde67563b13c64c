import { describe, expect, it, vi } from "vitest";
import type { PlanAnswer } from "../../f/reverse_etl/report/plan_rendering.ts";
import { settlementOf } from "../../f/reverse_etl/report/settlement_report.ts";
import { startFlowProcess } from "../support/flow_process.ts";
import { type FlowWorld, flowWorld } from "../support/flow_world.ts";
import { breachesOf, differences, silentDifferences, unbalancedRuns } from "../support/oracle.ts";
import { contacts, type Person, persons } from "../support/people_sync.ts";
import { partsOf } from "../support/rendered.ts";

/** One of these starts a process that has to load everything first, and all of them run side by side. */
const TEST_MS = 180_000;

/** What one life of a sync comes to, from its first run on, whatever its warehouse is; the other scenarios look closer. */
export function flowContract(engine: string): void {
  vi.setConfig({ testTimeout: TEST_MS });
  describe.concurrent(`the compiled flow on ${engine}`, () => {
    it("a run sends what is new, what changed and what was cleared, and nothing else", async ({
      onTestFinished,
    }) => {
      const world = await flowWorld({}, onTestFinished);
      const before = persons(7, () => ({ note: "n" }));
      await world.people(before);
      await world.run();
      const calls = await world.writeCalls();
      await world.people([...changed(before, { p1: { score: 99 }, p2: { tier: null, note: null } }), NEW]);
      const run = await world.run();
      expect(settlementOf(run.result)).toMatchObject({ outcomes: { acknowledged: 3 } });
      expect(await world.writeCalls()).toBe(calls + 1);
      expect(await lastWrites(world)).toMatchObject({
        p1: { score: "99" },
        p2: { tier: "", note: "" },
        p3: { score: "3", tier: "gold", note: "n" },
        new: { score: "8", tier: "silver" },
      });
      expect(await breachesOf(world)).toEqual([]);
    });

    it("a row that leaves the source keeps its contact, is counted once, and finds its contact again when it is back", async ({
      onTestFinished,
    }) => {
      const world = await flowWorld({}, onTestFinished);
      await world.people(persons(3));
      await world.run();
      const [, ...rest] = persons(3);
      const calls = await world.writeCalls();
      await world.people(rest);
      await world.run();
      await world.run();
      expect(await world.writeCalls()).toBe(calls);
      expect(await differences(world)).toEqual(["p0: is in HubSpot but not in the source"]);
      expect(await silentDifferences(world)).toEqual([]);
      await world.people(persons(3, () => ({ score: 50 })));
      await world.run();
      expect(await world.sql("select removed from retl.retl_runs order by started_at")).toEqual(
        ["0", "1", "0", "0"].map((removed) => ({ removed })),
      );
      expect(await world.records()).toHaveLength(3);
      expect(await breachesOf(world)).toEqual([]);
    });

    it("a dry run shows what would be sent and writes nothing; once approved, exactly that is sent", async ({
      onTestFinished,
    }) => {
      const world = await flowWorld({}, onTestFinished);
      await world.people([...persons(4), { id: null }]);
      const dry = await world.run({ args: { dry_run: true } });
      const plan = partsOf(dry.result).at(-1) as PlanAnswer;
      expect(plan).toMatchObject({ status: "dry_run", changes: 4, counts: { to_create: 4, refused: 1 } });
      expect(await world.inspect("counters")).toMatchObject({ writeCalls: 0 });
      for (const table of ["people_sync_state", "people_sync_rejections", "people_sync_journal"]) {
        expect(await world.sql(`select * from retl.${table}`)).toEqual([]);
      }
      const run = await world.run({ args: { approve: plan.plan_id } });
      expect(settlementOf(run.result)).toMatchObject({ outcomes: { acknowledged: 4 } });
      expect(await breachesOf(world)).toEqual([]);
    });

    it("killed with SIGKILL while batches are in flight, the next run leaves no difference and no duplicate", async ({
      onTestFinished,
    }) => {
      const world = await flowWorld(
        {
          keepOpen: false,
          sync: contacts({ batch_size: 1, rate: { calls_in_flight: 1 } }),
          simulator: { latency: { minMs: 100, maxMs: 200 } },
        },
        onTestFinished,
      );
      await world.people(persons(24));
      const flow = startFlowProcess(world);
      while ((await world.writeCalls()) < 6) await pause(5);
      await flow.kill();
      expect(await flow.ended).toBeNull();
      const resumed = await world.runWhenFree();
      expect(resumed).toMatchObject({ success: true });
      const [dead] = await world.sql("select status, deferred from retl.retl_runs order by started_at");
      expect(dead?.status).toBe("failed");
      expect(Number(dead?.deferred)).toBeGreaterThan(0);
      expect(await differences(world)).toEqual([]);
      expect(await silentDifferences(world)).toEqual([]);
      expect(await unbalancedRuns(world)).toEqual([]);
      expect(await world.records()).toHaveLength(24);
    });
  });
}

const NEW: Person = { id: "new", score: 8, tier: "silver" };

/** The rows with other values for some of them, by id. */
function changed(rows: readonly Person[], over: Readonly<Record<string, Partial<Person>>>): Person[] {
  return rows.map((row) => ({ ...row, ...over[row.id ?? ""] }));
}

/** The properties that the last write of each contact carried, by person number. */
async function lastWrites(world: FlowWorld): Promise<Record<string, object>> {
  const entries = (await world.records()).map(async ({ id, properties }) => {
    const { writes } = await world.inspect<{ writes: { properties: object }[] }>(`history/contacts/${id}`);
    return [properties.person_number ?? "?", writes.at(-1)?.properties ?? {}] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
