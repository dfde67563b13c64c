import { describe, expect, test } from "vitest";
import { RetlError } from "../../f/reverse_etl/sync/error.ts";
import { allWritten, refused } from "../hubspot/scripted_server.ts";
import { changes, push } from "./push_fixture.ts";

describe("limits and stops", () => {
  const DAILY = {
    status: 429,
    body: { status: "error", message: "You have reached your daily limit.", policyName: "DAILY" },
  };

  test("a daily limit defers what is left and sends nothing more", async () => {
    const pushed = await push(
      changes(1_000),
      (request, number) => (number === 3 ? DAILY : { ...allWritten(request), delayMs: 20 }),
      { sync: { callsInFlight: 2 } },
    );
    expect(pushed.received.length).toBeLessThanOrEqual(4);
    expect(pushed.summary).toMatchObject({
      deferredReason: "DAILY",
      stopped: null,
      rejected: 0,
      unknown: 0,
      limited: 1,
    });
    const { acknowledged, deferred } = pushed.summary ?? { acknowledged: 0, deferred: 0 };
    expect(acknowledged + deferred).toBe(1_000);
    expect(pushed.ended).toBe(true);
  });

  test("an expired token stops the batch and marks no row rejected", async () => {
    const pushed = await push(
      changes(1_000),
      (request, number) =>
        number >= 3 ? refused(401, "EXPIRED_AUTHENTICATION", "The OAuth token expired") : allWritten(request),
      { sync: { callsInFlight: 3 } },
    );
    expect(pushed.summary?.stopped).toMatchObject({
      code: "RETL_HUBSPOT_UNAUTHORIZED",
      reason: "EXPIRED_AUTHENTICATION",
    });
    expect(pushed.summary).toMatchObject({ acknowledged: 200, rejected: 0, deferred: 800, unknown: 0 });
    expect(pushed.received.length).toBeLessThanOrEqual(5);
    expect(pushed.ended).toBe(true);
  });

  test("a burst limit is waited for as long as HubSpot says, and the call sent again unchanged", async () => {
    const limited = {
      status: 429,
      headers: { "retry-after": "7" },
      body: { policyName: "TEN_SECONDLY_ROLLING" },
    };
    const pushed = await push(changes(2), (request, number) =>
      number === 1 ? limited : allWritten(request),
    );
    expect(pushed.slept).toHaveLength(1);
    expect(pushed.slept[0]).toBeGreaterThanOrEqual(7_000);
    expect(pushed.slept[0]).toBeLessThanOrEqual(7_700);
    expect(pushed.summary).toMatchObject({ acknowledged: 2, calls: 2, limited: 1 });
    expect(pushed.records.map(({ httpStatus, results }) => [httpStatus, results.length])).toEqual([
      [429, 0],
      [200, 2],
    ]);
  });

  test("a burst limit that never ends defers the rows instead of failing them", async () => {
    const pushed = await push(changes(2), () => ({ status: 429, body: {} }));
    expect(pushed.received).toHaveLength(10);
    expect(pushed.summary).toMatchObject({ deferred: 2, deferredReason: "RATE_LIMIT" });
  });

  test.each([
    ["423", 423, 2],
    ["477", 477, 60],
  ])("a %s that names no time is waited for, and the call sent again", async (_, status, seconds) => {
    const pushed = await push(changes(2), (request, number) =>
      number === 1 ? { status, body: {} } : allWritten(request),
    );
    expect(pushed.slept).toHaveLength(1);
    expect(pushed.slept[0]).toBeGreaterThanOrEqual(seconds * 1_000);
    expect(pushed.slept[0]).toBeLessThanOrEqual(seconds * 1_100);
    expect(pushed.summary).toMatchObject({ acknowledged: 2, calls: 2 });
  });

  test("a migration of an hour is not waited for", async () => {
    const pushed = await push(
      changes(250),
      () => ({ status: 477, headers: { "retry-after": "3600" }, body: {} }),
      {
        sync: { callsInFlight: 1 },
      },
    );
    expect(pushed.received).toHaveLength(1);
    expect(pushed.slept).toEqual([]);
    expect(pushed.summary).toMatchObject({ deferred: 250, deferredReason: "MIGRATION" });
  });
});

describe("the ports", () => {
  test("when the journal cannot be written, nothing further is sent and the push throws", async () => {
    const broken = new RetlError("RETL_WAREHOUSE_UNAVAILABLE", { what: "gone.", state: "…", next: "…" });
    const pushed = await push(changes(5_000), (request) => allWritten(request), {
      append: () => Promise.reject(broken),
    });
    expect(pushed.error).toBe(broken);
    expect(pushed.ended).toBe(false);
    expect(pushed.received.length).toBeLessThanOrEqual(10);
  });

  test("a journal that fails while calls wait for the limit lets none of them go", async () => {
    const broken = new RetlError("RETL_WAREHOUSE_UNAVAILABLE", { what: "gone.", state: "…", next: "…" });
    let acquired = 0;
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const limiter = {
      acquire: async () => {
        acquired += 1;
        if (acquired > 10) await gate;
        return { answered: () => {}, unused: () => {} };
      },
    };
    const pushed = await push(changes(5_000), (request) => allWritten(request), {
      sync: { callsInFlight: 16 },
      ports: { limiter },
      append: async () => {
        await expect.poll(() => acquired, { timeout: 20_000 }).toBe(26);
        setImmediate(open);
        throw broken;
      },
    });
    expect(pushed.error).toBe(broken);
    expect(pushed.ended).toBe(false);
    expect(pushed.received).toHaveLength(10);
  });

  test("when the lease is lost, calls in flight are journalled, nothing further is sent and the push throws", async () => {
    const lost = new RetlError("RETL_LEASE_LOST", { what: "…", state: "…", next: "…" });
    let asked = 0;
    const permit = {
      beforeCall: async () => {
        asked += 1;
        if (asked > 3) throw lost;
        return true;
      },
    };
    const pushed = await push(changes(2_000), (request) => ({ ...allWritten(request), delayMs: 10 }), {
      ports: { permit },
    });
    expect(pushed.error).toBe(lost);
    expect(pushed.received).toHaveLength(3);
    expect(pushed.outcomes.size).toBe(300);
    expect(pushed.ended).toBe(false);
  });

  test("the journal is written every few calls, not once at the end", async () => {
    const sizes: number[] = [];
    await push(changes(4_000), (request) => allWritten(request), {
      append: async (records) => {
        sizes.push(records.length);
      },
    });
    expect(sizes.length).toBeGreaterThanOrEqual(5);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10);
  });

  test("no more calls are in flight than the sync permits, and changes are read no further ahead", async () => {
    let inFlight = 0;
    let most = 0;
    const pushed = await push(
      changes(2_000),
      async (request) => {
        inFlight += 1;
        most = Math.max(most, inFlight);
        await new Promise((resolve) => setTimeout(resolve, 5));
        inFlight -= 1;
        return allWritten(request);
      },
      { sync: { callsInFlight: 3 } },
    );
    expect(most).toBe(3);
    expect(pushed.summary?.acknowledged).toBe(2_000);
  });
});
