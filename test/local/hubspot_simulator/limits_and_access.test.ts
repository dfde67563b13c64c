import { describe, expect, test } from "vitest";
import type { Clock } from "../../../f/reverse_etl/sync/clock.ts";
import { nextMidnight } from "../../../local/hubspot_simulator/daily_quota.ts";
import { startPortal } from "./portal_client.ts";

const DETAILS = "/account-info/v3/details";

/** A clock that a test moves. */
function handClock(start: string): Clock & { advance(milliseconds: number): void } {
  let now = Date.parse(start);
  return {
    now: () => now,
    sleep: () => Promise.resolve(),
    advance: (milliseconds) => {
      now += milliseconds;
    },
  };
}

describe("the burst window", () => {
  test("rolls: a call fits as soon as the oldest one is a window old, and refused calls do not count", async () => {
    const clock = handClock("2026-01-01T12:00:00Z");
    const portal = await startPortal({ clock, burst: { calls: 2 } });
    const status = async () => (await portal.send("GET", DETAILS)).status;
    expect(await status()).toBe(200);
    clock.advance(6_000);
    expect(await status()).toBe(200);
    expect(await status()).toBe(429);
    clock.advance(3_999);
    expect(await status()).toBe(429);
    clock.advance(1);
    expect(await status()).toBe(200);
    expect(await status()).toBe(429);
  });

  test("a 429 has HubSpot's own shape, and every answer tells what is left", async () => {
    const portal = await startPortal({ burst: { calls: 1 }, clock: handClock("2026-01-01T12:00:00Z") });
    const admitted = await portal.send("GET", DETAILS);
    expect(
      Object.fromEntries([...admitted.headers].filter(([name]) => name.startsWith("x-hubspot"))),
    ).toEqual({
      "x-hubspot-ratelimit-max": "1",
      "x-hubspot-ratelimit-remaining": "0",
      "x-hubspot-ratelimit-interval-milliseconds": "10000",
      "x-hubspot-ratelimit-daily": "625000",
      "x-hubspot-ratelimit-daily-remaining": "624999",
    });
    const refused = await portal.send("GET", DETAILS);
    expect(refused.headers.has("retry-after")).toBe(false);
    expect(refused.body).toEqual({
      status: "error",
      message: "You have reached your ten_secondly_rolling limit.",
      correlationId: expect.any(String),
      errorType: "RATE_LIMIT",
      policyName: "TEN_SECONDLY_ROLLING",
      groupName: "publicapi:private-apps-api-calls:48000001",
    });
  });

  test("Retry-After, where it is sent, is long enough and no longer than needed", async () => {
    const clock = handClock("2026-01-01T12:00:00Z");
    const portal = await startPortal({ clock, burst: { calls: 1 }, retryAfter: true });
    await portal.send("GET", DETAILS);
    clock.advance(2_500);
    const refused = await portal.send("GET", DETAILS);
    expect(refused.headers.get("retry-after")).toBe("8");
    clock.advance(8_000);
    expect((await portal.send("GET", DETAILS)).status).toBe(200);
  });
});

describe("the daily quota", () => {
  test("is shared by the portal's tokens, while each has a burst of its own", async () => {
    const portal = await startPortal({
      tokens: [{ token: "one" }, { token: "two" }],
      burst: { calls: 2 },
      daily: { calls: 3 },
      clock: handClock("2026-01-01T12:00:00Z"),
    });
    const policy = async (token: string) => {
      const answer = await portal.send("GET", DETAILS, undefined, { authorization: `Bearer ${token}` });
      return answer.body.policyName ?? answer.status;
    };
    expect([await policy("one"), await policy("one"), await policy("one")]).toEqual([
      200,
      200,
      "TEN_SECONDLY_ROLLING",
    ]);
    expect([await policy("two"), await policy("two")]).toEqual([200, "DAILY"]);
  });

  test("ends at midnight of the account's time zone, and the usage endpoint says when", async () => {
    const clock = handClock("2026-01-01T22:59:00Z");
    const portal = await startPortal({ clock, timeZone: "Europe/Berlin", daily: { calls: 2 } });
    const usage = await portal.send("GET", "/account-info/v3/api-usage/daily/private-apps");
    expect(usage.body.results[0]).toMatchObject({
      name: "private-apps-api-calls-daily",
      usageLimit: 2,
      currentUsage: 1,
      fetchStatus: "SUCCESS",
      resetsAt: "2026-01-01T23:00:00.000Z",
    });
    await portal.send("GET", DETAILS);
    expect((await portal.send("GET", DETAILS)).body.message).toBe("You have reached your daily limit.");
    clock.advance(60_000);
    expect((await portal.send("GET", DETAILS)).status).toBe(200);
  });

  test("can end after a set time instead", async () => {
    const clock = handClock("2026-01-01T12:00:00Z");
    const portal = await startPortal({ clock, daily: { calls: 1, resetMs: 500 } });
    await portal.send("GET", DETAILS);
    expect((await portal.send("GET", DETAILS)).status).toBe(429);
    clock.advance(500);
    expect((await portal.send("GET", DETAILS)).status).toBe(200);
  });

  test("midnight is right on days of 23 and 25 hours", () => {
    const berlin = (moment: string) =>
      new Date(nextMidnight(Date.parse(moment), "Europe/Berlin")).toISOString();
    expect(berlin("2026-03-29T00:30:00Z")).toBe("2026-03-29T22:00:00.000Z");
    expect(berlin("2026-10-25T00:30:00Z")).toBe("2026-10-25T23:00:00.000Z");
    expect(berlin("2026-06-01T22:00:00Z")).toBe("2026-06-02T22:00:00.000Z");
  });
});

describe("access", () => {
  test("an unknown token is a 401 without rate headers", async () => {
    const portal = await startPortal();
    const answer = await portal.send("GET", DETAILS, undefined, { authorization: "Bearer wrong" });
    expect(answer.status).toBe(401);
    expect(answer.body.category).toBe("INVALID_AUTHENTICATION");
    expect(answer.headers.has("x-hubspot-ratelimit-max")).toBe(false);
  });

  test("a missing scope is a 403 that names it, and nothing is written", async () => {
    const portal = await startPortal({
      tokens: [{ token: "reader", scopes: ["crm.objects.contacts.read", "crm.objects.custom.read"] }],
    });
    const headers = { authorization: "Bearer reader" };
    expect((await portal.send("GET", "/crm/v3/objects/contacts", undefined, headers)).status).toBe(200);
    expect((await portal.send("GET", "/crm/v3/objects/2-1234567", undefined, headers)).status).toBe(200);
    const refused = await portal.send("POST", "/crm/v3/objects/contacts", { properties: {} }, headers);
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({
      category: "MISSING_SCOPES",
      errors: [{ context: { requiredGranularScopes: ["crm.objects.contacts.write"] } }],
      links: { scopes: expect.any(String) },
    });
    const properties = await portal.send("GET", "/crm/v3/properties/contacts", undefined, headers);
    expect(properties.status).toBe(403);
  });

  test("the account tells its id, kind and time zone, and unknown paths are not found", async () => {
    const portal = await startPortal({ timeZone: "Europe/Berlin" });
    const details = await portal.send("GET", DETAILS);
    expect(details.body).toMatchObject({
      portalId: 48_000_001,
      accountType: "DEVELOPER_TEST",
      timeZone: "Europe/Berlin",
    });
    expect((await portal.send("GET", "/crm/v9/objects")).status).toBe(404);
  });
});
