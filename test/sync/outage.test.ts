import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { withRetries } from "../../f/reverse_etl/sync/call_retry.ts";
import { PushHalt } from "../../f/reverse_etl/sync/push_halt.ts";
import { Reachability } from "../../f/reverse_etl/sync/reachability.ts";
import { RetryBudget } from "../../f/reverse_etl/sync/retry_budget.ts";
import type { Wait } from "../../f/reverse_etl/sync/verdict.ts";
import { randomStream } from "../../local/hubspot_simulator/random.ts";
import type { Received } from "../hubspot/scripted_server.ts";
import { virtualClock } from "../hubspot/virtual_clock.ts";
import { associationFixture } from "../support/association_fixture.ts";
import { between, DOWN, idsOf, pushInTrouble } from "./outage_fixture.ts";
import { changes, pushTo } from "./push_fixture.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const LONGEST_PAUSE = 30_000;
const PATIENCE = 5 * MINUTE;

describe("a HubSpot that is down for an hour", () => {
  test("costs the calls in flight, a few retries and then one call at a time, and the push goes on within a minute of its end", async () => {
    const pushed = await pushInTrouble(10_000, {
      patienceMs: 2 * HOUR,
      fault: (request, at) => (request.path.endsWith("/read") ? null : between(0, HOUR)(request, at)),
    });
    expect(pushed.summary).toMatchObject({ acknowledged: 10_000, rejected: 0, unknown: 0, stopped: null });
    // Pauses are half to wholly as long as the longest, after those that grow up to it.
    const looks = HOUR / (LONGEST_PAUSE / 2) + 6;
    expect(pushed.failedAt.length).toBeLessThanOrEqual(0.1 * 100 + 16 + looks);
    expect(pushed.failedAt.length).toBeGreaterThan(HOUR / LONGEST_PAUSE);
    expect(pushed.firstTaken).toBeLessThanOrEqual(HOUR + 2 * LONGEST_PAUSE);
    expect(pushed.told).toEqual([
      expect.stringMatching(/^HubSpot is down \(HTTP_503\): .* until 1970-01-01T02:16:/),
      "HubSpot is up again.",
    ]);
  });

  test("ends a push whose patience is five minutes then, with everything kept", async () => {
    const pushed = await pushInTrouble(10_000, { patienceMs: PATIENCE, fault: between(0, HOUR) });
    expect(pushed.summary?.stopped).toMatchObject({ code: "RETL_HUBSPOT_UNREACHABLE", reason: "HTTP_503" });
    expect(pushed.summary?.stopped?.message).toContain("for 300 s");
    expect(pushed.summary).toMatchObject({ acknowledged: 0, rejected: 0 });
    expect(pushed.summary?.unknown).toBeLessThanOrEqual(1_600);
    expect(pushed.failedAt.length).toBeLessThanOrEqual(0.1 * 100 + 16 + PATIENCE / (LONGEST_PAUSE / 2) + 6);
    expect(pushed.lasted).toBeLessThan(PATIENCE + 2 * LONGEST_PAUSE);
    expect(pushed.ended).toBe(true);
  });

  test.each([6, 16])(
    "ends it no later because it names pauses of 100 s, with %i calls in flight",
    async (inFlight) => {
      const clock = virtualClock(0);
      const halt = new PushHalt();
      const ports = { clock, random: () => 0.5, halt };
      const reachability = new Reachability({ ...ports, patienceMs: PATIENCE });
      const busy: Wait = {
        kind: "wait",
        seconds: 100,
        atLeast: true,
        applied: "maybe",
        limited: false,
        code: "HTTP_503",
      };
      const one = () =>
        withRetries<{ kind: "not_sent" }>(
          () =>
            reachability.through(async () => {
              if (halt.reached) return { kind: "not_sent" };
              reachability.failed(busy.code, true);
              return busy;
            }),
          {
            ...ports,
            beforePause: async () => undefined,
            isOver: () => halt.reached,
            shared: reachability.troubleOf({ isWrite: true, canBeCut: false, troubleSince: null }),
          },
        );
      await clock.run(Promise.all(Array.from({ length: inFlight }, one)));
      expect(halt.stopped?.code).toBe("RETL_HUBSPOT_UNREACHABLE");
      expect(clock.now()).toBeLessThanOrEqual(PATIENCE + LONGEST_PAUSE);
    },
  );
});

describe("a HubSpot that was never connected to", () => {
  test.each([1, 2, 16])("ends the push within seconds, with %i calls in flight", async (callsInFlight) => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const pushed = await pushTo(`http://127.0.0.1:${port}`, "pat-test-token", changes(1_500), {
      sync: { callsInFlight, patienceMs: PATIENCE },
    });
    expect(pushed.summary?.stopped).toMatchObject({
      code: "RETL_HUBSPOT_UNREACHABLE",
      reason: "NOT_CONNECTED",
    });
    expect(pushed.endedFor).toBe("RETL_HUBSPOT_UNREACHABLE");
    expect(pushed.slept.reduce((sum, pause) => sum + pause, 0)).toBeLessThan(2 * MINUTE);
  });
});

const archive = (seq: number) => ({ operation: "archive", hubspotId: `${1_000 + seq}` }) as const;
const isThere = (request: Received) => ({
  status: 200,
  body: { status: "COMPLETE", results: request.inputs.map(({ id }) => ({ id, properties: {} })) },
});

describe("a short outage is waited for", () => {
  for (const rows of [1, 2, 50, 500]) {
    test(`by a push of ${rows}`, async () => {
      const pushed = await pushInTrouble(rows, { patienceMs: PATIENCE, fault: between(0, 2 * MINUTE) });
      expect(pushed.summary).toMatchObject({ acknowledged: rows, rejected: 0, unknown: 0, stopped: null });
    });

    test(`by a push that creates ${rows}, each of them once, while reads are answered`, async () => {
      const pushed = await pushInTrouble(rows, {
        patienceMs: PATIENCE,
        sync: { action: "create" },
        change: () => ({ operation: "create" }),
        fault: (request, at) => (request.path.endsWith("/read") ? null : between(0, 2 * MINUTE)(request, at)),
      });
      expect(pushed.summary).toMatchObject({ acknowledged: rows, unknown: 0, stopped: null });
      const taken = pushed.received
        .filter(({ path }) => path.endsWith("/create"))
        .slice(pushed.failedAt.length);
      expect(taken.flatMap(idsOf).sort()).toEqual(
        changes(rows)
          .map(({ id }) => id)
          .sort(),
      );
    });
  }

  test.each([1, 150])("by a push that looks its %i records up before it archives them", async (rows) => {
    const pushed = await pushInTrouble(rows, {
      patienceMs: PATIENCE,
      change: archive,
      fault: between(0, MINUTE),
      read: isThere,
    });
    expect(pushed.summary).toMatchObject({ deferred: 0, unknown: 0, stopped: null });
    expect(pushed.lasted).toBeGreaterThanOrEqual(MINUTE);
  });

  test.each([1, 3])("by a push that looks %i creates up that an earlier run left open", async (rows) => {
    const pushed = await pushInTrouble(rows, {
      patienceMs: PATIENCE,
      sync: { action: "create" },
      change: () => ({ operation: "create", known: true }),
      fault: between(0, MINUTE),
    });
    expect(pushed.summary).toMatchObject({ acknowledged: rows, stopped: null });
  });

  test.each([1, 30])("by a push of %i whose connections are dropped", async (rows) => {
    const pushed = await pushInTrouble(rows, {
      patienceMs: PATIENCE,
      fault: between(0, MINUTE, { drop: true }),
    });
    expect(pushed.summary).toMatchObject({ acknowledged: rows, unknown: 0, stopped: null });
  });

  test.each([
    [101, 30_000, PATIENCE],
    [102, 12 * MINUTE, 15 * MINUTE],
    [104, 40 * MINUTE, 2 * HOUR],
  ])("by the last of %i rows after others were taken, for %i of %i ms", async (rows, downMs, patienceMs) => {
    let taken = 0;
    const pushed = await pushInTrouble(rows, {
      patienceMs,
      sync: { callsInFlight: 1 },
      fault: (_, at) => (taken++ > 0 && at < downMs ? DOWN : null),
    });
    expect(pushed.summary).toMatchObject({ acknowledged: rows, rejected: 0, unknown: 0, stopped: null });
  });

  test("by the associations", async () => {
    const world = await associationFixture({ contacts: { timings: { outage_seconds: 3_600 } } });
    await world.links(Array.from({ length: 50 }, (_, index) => [`p${index}`, "f1"] as const));
    world.fault({
      match: { path: "batch/create" },
      times: 30,
      action: { reply: { status: 503, body: {} }, apply: "never" },
    });
    expect(await world.associate("one", { patient: false })).toMatchObject({ created: 50, unknown: 0 });
    expect(world.calls("create")).toBeLessThanOrEqual(40);
  });
});

describe("a HubSpot that fails now and then", () => {
  test.each([
    [300, 4, 0.7, 3 * MINUTE],
    [2_000, 16, 0.6, 10 * MINUTE],
    [2_000, 16, 0.8, 10 * MINUTE],
  ])(
    "makes no healthy row of %i rejected, with %i calls in flight and %d of the calls failing for %i ms",
    async (rows, callsInFlight, share, badMs) => {
      for (const seed of [1, 2, 3, 4, 5]) {
        const random = randomStream(seed, "failures");
        const pushed = await pushInTrouble(rows, {
          patienceMs: PATIENCE,
          sync: { callsInFlight },
          fault: (_, at) => (at < badMs && random.next() < share ? DOWN : null),
        });
        expect(pushed.summary).toMatchObject({ rejected: 0 });
      }
    },
  );

  test("for as long as an outage is waited for ends the push, with everything kept", async () => {
    const random = randomStream(1, "failures");
    const pushed = await pushInTrouble(10_000, {
      patienceMs: PATIENCE,
      fault: () => (random.next() < 0.8 ? DOWN : null),
    });
    expect(pushed.summary).toMatchObject({ rejected: 0, stopped: { code: "RETL_HUBSPOT_UNREACHABLE" } });
    expect(pushed.lasted).toBeLessThan(4 * PATIENCE);
  });
});

describe("rows that make HubSpot fail", () => {
  test("in every call of sixteen are found, and no outage is waited for", async () => {
    const isAtFault = (id: string) => Number(id.slice(1)) % 100 === 37;
    const pushed = await pushInTrouble(1_600, {
      patienceMs: PATIENCE,
      fault: (request) => (idsOf(request).some(isAtFault) ? DOWN : null),
    });
    expect(pushed.summary).toMatchObject({ acknowledged: 1_584, rejected: 16, unknown: 0, stopped: null });
    // A single row tells that HubSpot is up, so that no call waits for its turn to fail.
    expect(pushed.slept.filter((pause) => pause > 5_000)).toEqual([]);
  });

  test("last, in a call of its own, are rejected when the patience is over, and the push has gone through", async () => {
    const pushed = await pushInTrouble(101, {
      patienceMs: PATIENCE,
      fault: (request) => (idsOf(request).includes("c101") ? DOWN : null),
    });
    expect(pushed.summary).toMatchObject({ acknowledged: 100, rejected: 1, stopped: null });
    expect(pushed.lasted).toBeLessThan(PATIENCE + 2 * LONGEST_PAUSE);
  });

  test("alone in a push stay unknown when the patience is over", async () => {
    const pushed = await pushInTrouble(1, { patienceMs: PATIENCE, fault: between(0, HOUR) });
    expect(pushed.summary).toMatchObject({
      rejected: 0,
      unknown: 1,
      stopped: { code: "RETL_HUBSPOT_UNREACHABLE" },
    });
  });
});

describe("retries", () => {
  test("leave one after the other once ten have left and no answer has earned another", async () => {
    const clock = virtualClock(0);
    const budget = new RetryBudget();
    const left: number[] = [];
    const retry = async () => {
      await budget.pause(() => clock.sleep(1_000));
      left.push(clock.now());
    };
    await clock.run(Promise.all(Array.from({ length: 13 }, retry)));
    expect(left).toEqual([...Array.from({ length: 10 }, () => 1_000), 1_000, 2_000, 3_000]);
    for (let answers = 0; answers < 20; answers += 1) budget.answered();
    await clock.run(Promise.all(Array.from({ length: 4 }, retry)));
    expect(left.slice(13)).toEqual([4_000, 4_000, 4_000, 5_000]);
  });
});
