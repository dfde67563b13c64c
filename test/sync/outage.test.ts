import { describe, expect, test } from "vitest";
import { RetryBudget } from "../../f/reverse_etl/sync/retry_budget.ts";
import { allWritten, type Received, refused, type Scripted } from "../hubspot/scripted_server.ts";
import { jumpingClock, virtualClock } from "../hubspot/virtual_clock.ts";
import { associationFixture } from "../support/association_fixture.ts";
import { changes, type PushOptions, push } from "./push_fixture.ts";

const DOWN = refused(503, "ERROR", "service unavailable");
const HOUR = 3_600_000;
const LONGEST_PAUSE = 30_000;

const idsOf = ({ inputs }: Received) => inputs.map(({ id, properties }) => id ?? properties?.customer_id);

/** Pushes to a HubSpot that takes no writes for some time. */
async function pushThrough(
  rows: number,
  downMs: number,
  patienceMs: number,
  sync: NonNullable<PushOptions["sync"]> = {},
) {
  const clock = jumpingClock();
  const began = clock.now();
  const failedAt: number[] = [];
  let firstTaken: number | null = null;
  const told: string[] = [];
  const progress = { decided: () => undefined, waits: (line: string) => void told.push(line) };
  const answer = (request: Received): Scripted => {
    if (request.path.endsWith("/read")) return nobodyThere(request);
    if (clock.now() - began < downMs) {
      failedAt.push(clock.now() - began);
      return DOWN;
    }
    firstTaken ??= clock.now() - began;
    return allWritten(request);
  };
  const operation = sync.action === "create" ? "create" : "update";
  const pushed = await push(
    changes(rows, () => ({ operation })),
    answer,
    { sync: { callsInFlight: 16, patienceMs, ...sync }, ports: { clock, progress } },
  );
  return { ...pushed, told, failed: failedAt.length, firstTaken, lasted: clock.now() - began };
}

function nobodyThere(request: Received): Scripted {
  const errors = [{ category: "OBJECT_NOT_FOUND", message: "…", context: { ids: idsOf(request) } }];
  return { status: 207, body: { status: "COMPLETE", results: [], errors } };
}

describe("a HubSpot that is down for an hour", () => {
  test("costs the calls in flight, a few retries and then one call at a time, and the push goes on within a minute of its end", async () => {
    const pushed = await pushThrough(10_000, HOUR, 2 * HOUR);
    expect(pushed.summary).toMatchObject({ acknowledged: 10_000, rejected: 0, unknown: 0, stopped: null });
    // Pauses are half to wholly as long as the longest, after those that grow up to it.
    const looks = HOUR / (LONGEST_PAUSE / 2) + 6;
    expect(pushed.failed).toBeLessThanOrEqual(0.1 * 100 + 16 + looks);
    expect(pushed.failed).toBeGreaterThan(HOUR / LONGEST_PAUSE);
    expect(pushed.firstTaken).toBeLessThanOrEqual(HOUR + 2 * LONGEST_PAUSE);
    expect(pushed.told).toEqual([
      expect.stringMatching(/^HubSpot is down \(HTTP_503\): .* until 1970-01-01T02:16:/),
      "HubSpot is up again.",
    ]);
  });

  test("ends a push whose patience is five minutes then, with everything kept", async () => {
    const pushed = await pushThrough(10_000, HOUR, 300_000);
    expect(pushed.summary?.stopped).toMatchObject({ code: "RETL_HUBSPOT_UNREACHABLE", reason: "HTTP_503" });
    expect(pushed.summary?.stopped?.message).toContain("for 300 s");
    expect(pushed.summary).toMatchObject({ acknowledged: 0, rejected: 0 });
    expect(pushed.summary?.unknown).toBeLessThanOrEqual(1_600);
    expect(pushed.failed).toBeLessThanOrEqual(0.1 * 100 + 16 + 300_000 / (LONGEST_PAUSE / 2) + 6);
    expect(pushed.lasted).toBeLessThan(300_000 + 2 * LONGEST_PAUSE);
    expect(pushed.ended).toBe(true);
  });
});

describe("a short outage", () => {
  for (const rows of [1, 2, 50, 500]) {
    test(`is waited for by a push of ${rows}`, async () => {
      const pushed = await pushThrough(rows, 120_000, 300_000);
      expect(pushed.summary).toMatchObject({ acknowledged: rows, rejected: 0, unknown: 0, stopped: null });
    });

    test(`is waited for by a push that creates ${rows}, each of them once`, async () => {
      const pushed = await pushThrough(rows, 120_000, 300_000, { action: "create" });
      expect(pushed.summary).toMatchObject({ acknowledged: rows, unknown: 0, stopped: null });
      const taken = pushed.received.filter(({ path }) => path.endsWith("/create")).slice(pushed.failed);
      expect(taken.flatMap(idsOf).sort()).toEqual(
        changes(rows)
          .map(({ id }) => id)
          .sort(),
      );
    });
  }

  test("is waited for by the associations", async () => {
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

describe("rows that make HubSpot fail", () => {
  test("in every call of sixteen are found, and no outage is waited for", async () => {
    const isAtFault = (id: string | undefined) => Number(id?.slice(1)) % 100 === 37;
    const clock = jumpingClock();
    const pushed = await push(
      changes(1_600),
      (request) => (idsOf(request).some(isAtFault) ? DOWN : allWritten(request)),
      { sync: { callsInFlight: 16, patienceMs: 300_000 }, ports: { clock } },
    );
    expect(pushed.summary).toMatchObject({ acknowledged: 1_584, rejected: 16, unknown: 0, stopped: null });
    // A single row tells that HubSpot is up, so that no call waits for its turn to fail.
    expect(clock.slept.filter((pause) => pause > 5_000)).toEqual([]);
  });

  test("alone in a push stay unknown when the patience is over", async () => {
    const pushed = await pushThrough(1, HOUR, 300_000);
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
