import { describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../../../f/reverse_etl/sync/clock.ts";
import type { FaultRuleOptions } from "../../../local/hubspot_simulator/settings.ts";
import { type PortalClient, startPortal, upsert } from "./portal_client.ts";

const UPSERT = { path: "/batch/upsert$" };

async function count(portal: PortalClient): Promise<number> {
  return (await portal.send("GET", "/_simulator/records/contacts")).body.count;
}

/** One upsert under one fault: the answer, or the error of a connection that ended without one. */
async function underFault(action: FaultRuleOptions["action"], clock: Clock = systemClock) {
  const portal = await startPortal({ faults: [{ match: UPSERT, action }], clock });
  const answer = await portal
    .batch("upsert", [upsert("c1", { firstname: "Ada" }, "1")])
    .catch((error: Error) => error);
  return { portal, answer, applied: (await count(portal)) === 1 };
}

describe("scripted faults", () => {
  test("the reply is lost after the write was applied", async () => {
    const { answer, applied } = await underFault({ reply: "close" });
    expect(answer).toBeInstanceOf(Error);
    expect(applied).toBe(true);
  });

  test("the request is lost before the write was applied", async () => {
    const { answer, applied } = await underFault({ apply: "never", reply: "reset" });
    expect(answer).toBeInstanceOf(Error);
    expect(applied).toBe(false);
  });

  test("a canned answer takes the place of the work", async () => {
    const reply = { status: 503, body: { message: "later" }, headers: { "retry-after": "2" } };
    const { answer, applied } = await underFault({ reply });
    expect(answer).toMatchObject({ status: 503, body: { message: "later" } });
    expect((answer as Awaited<ReturnType<PortalClient["send"]>>).headers.get("retry-after")).toBe("2");
    expect(applied).toBe(false);
  });

  test("a gateway's HTML comes after the write was applied", async () => {
    const { answer, applied } = await underFault({
      apply: "now",
      reply: { status: 502, body: "<html>Bad gateway</html>" },
    });
    expect(answer).toMatchObject({ status: 502, text: "<html>Bad gateway</html>" });
    expect(applied).toBe(true);
  });

  test("a success says nothing: no results, or no body at all", async () => {
    const silent = await underFault({ apply: "never", reply: "empty_results" });
    expect(silent.answer).toMatchObject({ status: 200, body: { status: "COMPLETE", results: [] } });
    expect(silent.applied).toBe(false);
    const bare = await underFault({ reply: { status: 200 } });
    expect(bare.answer).toMatchObject({ status: 200, text: "" });
  });

  test("the write is applied after the answer went out", async () => {
    let passed = () => {};
    const hour = new Promise<void>((resolve) => {
      passed = resolve;
    });
    const { portal, answer, applied } = await underFault(
      { apply: { afterMs: 3_600_000 }, reply: { status: 504 } },
      { now: Date.now, sleep: (milliseconds) => (milliseconds === 3_600_000 ? hour : Promise.resolve()) },
    );
    expect(answer).toMatchObject({ status: 504 });
    expect(applied).toBe(false);
    expect((await portal.send("GET", "/_simulator/counters")).body.pendingApplies).toBe(1);
    passed();
    await expect.poll(() => count(portal)).toBe(1);
    expect((await portal.send("GET", "/_simulator/counters")).body.pendingApplies).toBe(0);
  });

  test("a slow answer that the client does not wait for is applied all the same", async () => {
    const portal = await startPortal({ faults: [{ match: UPSERT, action: { delayMs: 200 } }] });
    const request = fetch(`${portal.url}/crm/v3/objects/contacts/batch/upsert`, {
      method: "POST",
      headers: { authorization: "Bearer simulator-token", "content-type": "application/json" },
      body: JSON.stringify({ inputs: [upsert("c1", {}, "1")] }),
      signal: AbortSignal.timeout(50),
    });
    await expect(request).rejects.toThrow();
    expect(await count(portal)).toBe(1);
  });

  test("a call that is never answered ends when its client gives up", async () => {
    const portal = await startPortal({ faults: [{ action: { reply: "hang" } }] });
    const request = fetch(`${portal.url}/account-info/v3/details`, {
      headers: { authorization: "Bearer simulator-token" },
      signal: AbortSignal.timeout(50),
    });
    await expect(request).rejects.toThrow();
    await expect.poll(() => portal.simulator.counters.report(1).inFlight).toBe(0);
  });

  test("an answer shows another value than the record holds", async () => {
    const { portal, answer } = await underFault({ echo: { firstname: "Eva" } });
    expect(answer).toMatchObject({ body: { results: [{ properties: { firstname: "Eva" } }] } });
    const records = await portal.send("GET", "/_simulator/records/contacts");
    expect(records.body.records[0].properties.firstname).toBe("Ada");
  });

  test("a rule waits for its nth matching call, acts so many times, and is then used up", async () => {
    const portal = await startPortal();
    const rules: FaultRuleOptions[] = [
      { match: { ...UPSERT, bodyContains: '"c2"' }, nth: 2, times: 2, action: { reply: { status: 500 } } },
    ];
    expect((await portal.send("POST", "/_simulator/faults", rules)).status).toBe(200);
    const statuses: number[] = [];
    for (const id of ["c2", "c1", "c2", "c1", "c2", "c2"]) {
      statuses.push((await portal.batch("upsert", [upsert(id, {}, "1")])).status);
    }
    expect(statuses).toEqual([200, 200, 500, 200, 500, 200]);
    expect((await portal.send("GET", "/_simulator/faults")).body.rules).toEqual([]);
  });

  test("a rule without end acts until the faults are removed", async () => {
    const portal = await startPortal({ faults: [{ times: "always", action: { reply: { status: 500 } } }] });
    const status = async () => (await portal.send("GET", "/account-info/v3/details")).status;
    expect([await status(), await status()]).toEqual([500, 500]);
    await portal.send("DELETE", "/_simulator/faults");
    expect(await status()).toBe(200);
  });

  test("a rule that is not understood is refused with its place", async () => {
    const portal = await startPortal();
    const answer = await portal.send("POST", "/_simulator/faults", [{ action: { reply: "sometimes" } }]);
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain("reply");
  });

  test("random faults come at their rate and repeat with the seed", async () => {
    const outcomes = async (seed: number): Promise<number[]> => {
      const portal = await startPortal({
        seed,
        randomFaults: [{ rate: 0.3, action: { reply: { status: 500 } } }],
      });
      const statuses: number[] = [];
      for (let at = 0; at < 100; at++)
        statuses.push((await portal.send("GET", "/account-info/v3/details")).status);
      return statuses;
    };
    const [first, again, other] = [await outcomes(1), await outcomes(1), await outcomes(2)];
    expect(first).toEqual(again);
    expect(first).not.toEqual(other);
    const failed = first.filter((status) => status === 500).length;
    expect(failed).toBeGreaterThan(15);
    expect(failed).toBeLessThan(45);
  });
});

describe("inspection", () => {
  test("counters tell calls by path and status, writes, refusals and how many came at once", async () => {
    const portal = await startPortal({ burst: { calls: 5 }, latency: { minMs: 30, maxMs: 40 } });
    await Promise.all([1, 2, 3].map((at) => portal.batch("upsert", [upsert(`c${at}`, {}, "1")])));
    await portal.send("GET", "/crm/v3/objects/contacts/1");
    await Promise.all([1, 2].map((id) => portal.send("DELETE", `/crm/v3/objects/contacts/${id}`)));
    expect((await portal.send("GET", "/_simulator/counters")).body).toEqual({
      calls: 6,
      writeCalls: 5,
      callsByPath: {
        "DELETE /crm/v3/objects/contacts/:id": 2,
        "GET /crm/v3/objects/contacts/:id": 1,
        "POST /crm/v3/objects/contacts/batch/upsert": 3,
      },
      callsByStatus: { "200": 3, "204": 1, "404": 1, "429": 1 },
      rateLimited: 1,
      maxCallsInWindow: 6,
      windowMs: 10_000,
      maxConcurrency: 3,
      inFlight: 0,
      pendingApplies: 0,
    });
  });

  test("records are shown without what they lack, and values that two of them share are found", async () => {
    const portal = await startPortal();
    const ids = await portal.contacts(
      { firstname: "Ada", lastname: "" },
      { firstname: "Ada" },
      { firstname: "Eva" },
    );
    await portal.send("DELETE", `/crm/v3/objects/contacts/${ids[2]}`);
    const { body } = await portal.send("GET", "/_simulator/records/contacts?by=firstname");
    expect(body).toMatchObject({
      count: 2,
      archived: 1,
      duplicates: { email: {}, firstname: { Ada: ids.slice(0, 2) } },
    });
    expect(body.records[0].properties).toMatchObject({ firstname: "Ada", hs_object_id: ids[0] });
    expect(body.records[0].properties).not.toHaveProperty("lastname");
  });

  test("the history of a record has every applied write in order, and no refused one", async () => {
    const portal = await startPortal();
    await portal.batch("upsert", [upsert("c1", { purchases: "1.0" }, "1")]);
    const answer = await portal.batch("upsert", [upsert("c1", { purchases: "2" }, "1")]);
    await portal.batch("upsert", [upsert("c1", { purchases: "many" }, "1")]);
    const { id } = answer.body.results[0];
    await portal.batch("archive", [{ id }]);
    const history = await portal.send("GET", `/_simulator/history/contacts/${id}`);
    expect(history.body.writes).toMatchObject([
      { operation: "create", properties: { customer_id: "c1", purchases: "1" } },
      { operation: "update", properties: { purchases: "2" }, at: expect.stringMatching(/Z$/) },
      { operation: "archive" },
    ]);
    expect(history.body.writes).toHaveLength(3);
  });

  test("a reset forgets records, counters, faults and changed settings", async () => {
    const portal = await startPortal();
    await portal.contacts({ customer_id: "c1" });
    await portal.send("POST", "/_simulator/faults", [{ action: { reply: "close" } }]);
    await portal.send("POST", "/_simulator/config", { burst: { calls: 1 } });
    await portal.send("POST", "/_simulator/reset");
    expect((await portal.send("GET", "/_simulator/counters")).body.calls).toBe(0);
    expect(await count(portal)).toBe(0);
    expect((await portal.batch("upsert", [upsert("c1", {}, "1")])).body.results[0].new).toBe(true);
    expect((await portal.send("GET", "/account-info/v3/details")).status).toBe(200);
  });

  test("settings change while it runs, but only as a whole valid set", async () => {
    const portal = await startPortal();
    const refused = await portal.send("POST", "/_simulator/config", {
      burst: { calls: 0 },
      echoTraceIds: false,
    });
    expect(refused.status).toBe(400);
    const accepted = await portal.send("POST", "/_simulator/config", { echoTraceIds: false });
    expect(accepted.body).toEqual({ changed: ["echoTraceIds"] });
    const answer = await portal.batch("upsert", [upsert("c1", {}, "1")]);
    expect(answer.body.results[0]).not.toHaveProperty("objectWriteTraceId");
  });
});
