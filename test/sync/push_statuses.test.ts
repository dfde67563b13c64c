import { describe, expect, onTestFinished, test } from "vitest";
import { hubspotFromResource } from "../../f/reverse_etl/hubspot/resource.ts";
import { startSimulator } from "../../local/hubspot_simulator/server.ts";
import { DEFAULT_TOKEN } from "../../local/hubspot_simulator/settings.ts";
import { allWritten } from "../hubspot/scripted_server.ts";
import { changes, push, pushTo } from "./push_fixture.ts";

/** Answers that leave it open whether the call was applied, as HubSpot or what stands before it gives them; with the base of the pause, in s. */
const OPEN = [
  [408, 1],
  [500, 1],
  [502, 2],
  [503, 2],
  [504, 2],
  [520, 2],
  [521, 2],
  [522, 2],
  [523, 2],
  [524, 2],
  [525, 2],
] as const;
const page = (status: number) => ({
  status,
  headers: { "content-type": "text/html" },
  body: `<title>${status}</title>`,
});

describe.each(OPEN)("a %i", (status, seconds) => {
  test("once is waited for, puts the rows in doubt until then, and they are sent again whole", async () => {
    const rows = changes(2, () => ({
      known: true,
      payload: { city: "x" },
      desired: { city: "x", tier: "gold" },
    }));
    const pushed = await push(rows, (request, number) => (number === 1 ? page(status) : allWritten(request)));
    expect(pushed.slept).toEqual([seconds * 500]);
    expect(pushed.records[0]).toMatchObject({
      httpStatus: status,
      results: [1, 2].map((seq) => ({ seq, outcome: { kind: "unknown", code: `HTTP_${status}` } })),
    });
    expect(pushed.received[1]?.inputs.map(({ properties }) => properties)).toEqual([
      { city: "x", tier: "gold" },
      { city: "x", tier: "gold" },
    ]);
    expect(pushed.summary).toMatchObject({ acknowledged: 2, unknown: 0, rejected: 0, stopped: null });
  });

  test("for every call of more than 30 rows gives smaller calls, after four tries", async () => {
    const pushed = await push(changes(100), (request) =>
      request.inputs.length > 30 ? page(status) : allWritten(request),
    );
    expect(pushed.received.slice(0, 5).map(({ inputs }) => inputs.length)).toEqual([100, 100, 100, 100, 38]);
    expect(pushed.summary).toMatchObject({ acknowledged: 100, unknown: 0, rejected: 0, stopped: null });
  });

  test("for every call rejects nothing, keeps every row, and ends the push as unreachable", async () => {
    const pushed = await push(changes(300), () => page(status), { sync: { callsInFlight: 1 } });
    expect(pushed.summary).toMatchObject({ acknowledged: 0, rejected: 0, unknown: 100, deferred: 200 });
    expect(pushed.summary?.stopped).toMatchObject({
      code: "RETL_HUBSPOT_UNREACHABLE",
      reason: `HTTP_${status}`,
    });
  });
});

test("a 425 was certainly not applied: it is tried four times, and the rows are deferred without a doubt", async () => {
  const pushed = await push(changes(2), () => page(425));
  expect(pushed.received).toHaveLength(4);
  expect(pushed.records.flatMap(({ results }) => results)).toEqual([]);
  expect(pushed.summary).toMatchObject({
    acknowledged: 0,
    unknown: 0,
    deferred: 2,
    codes: { deferred: { HTTP_425: 2 } },
  });
  const once = await push(changes(2), (request, number) => (number === 1 ? page(425) : allWritten(request)));
  expect(once.summary).toMatchObject({ acknowledged: 2, calls: 2 });
});

test.each([
  [477, "MIGRATION"],
  [423, "LOCKED"],
  [503, "HTTP_503"],
] as const)(
  "a %i that names a pause of up to a day is not waited for: the first call is the last, and every row is kept",
  async (status, code) => {
    for (const seconds of [121, 3_600, 86_400]) {
      const pushed = await push(
        changes(500),
        () => ({ status, headers: { "retry-after": `${seconds}` }, body: {} }),
        { sync: { callsInFlight: 1 } },
      );
      expect(pushed.received).toHaveLength(1);
      expect(pushed.slept).toEqual([]);
      expect(pushed.summary).toMatchObject({
        acknowledged: 0,
        rejected: 0,
        deferredReason: code,
        stopped: null,
      });
      const { unknown = 0, deferred = 0 } = pushed.summary ?? {};
      expect([unknown, deferred]).toEqual(status === 503 ? [100, 400] : [0, 500]);
      expect(pushed.endedFor).toBe(code);
    }
  },
);

test.each([423, 477])("a %i that names two minutes is waited for that long", async (status) => {
  const pushed = await push(changes(2), (request, number) =>
    number === 1 ? { status, headers: { "retry-after": "120" }, body: {} } : allWritten(request),
  );
  expect(pushed.slept).toHaveLength(1);
  expect(pushed.slept[0]).toBeGreaterThanOrEqual(120_000);
  expect(pushed.summary).toMatchObject({ acknowledged: 2, limited: 0 });
});

test.each([423, 477])(
  "a %i that never ends leaves the rows deferred, none of them in doubt",
  async (status) => {
    const pushed = await push(changes(2), () => ({ status, body: {} }));
    expect(pushed.received).toHaveLength(4);
    expect(pushed.summary).toMatchObject({ acknowledged: 0, rejected: 0, unknown: 0, deferred: 2 });
    expect(pushed.records.flatMap(({ results }) => results)).toEqual([]);
  },
);

describe("a call of more than 100 rows", () => {
  const OBJECTS = [
    {
      name: "contacts",
      properties: [{ name: "customer_id", type: "string" as const, hasUniqueValue: true }],
    },
  ];
  const portal = async () => {
    const running = await startSimulator({ objects: OBJECTS });
    onTestFinished(() => running.close());
    const held = async () =>
      ((await (await fetch(`${running.url}/_simulator/records/contacts`)).json()) as { count: number }).count;
    return { url: running.url, held };
  };

  test("is refused as a whole, nothing of it is written, and no row is taken for the culprit", async () => {
    const { url, held } = await portal();
    const hubspot = hubspotFromResource({ token: DEFAULT_TOKEN, base_url: url }, 5_000);
    const call = {
      objectType: "contacts",
      action: "upsert",
      inputs: changes(101).map(({ id, seq, payload }) => ({
        traceId: `t${seq}`,
        id,
        idProperty: "customer_id",
        properties: payload,
      })),
    } as const;
    const answer = await hubspot.write(call);
    expect(answer).toMatchObject({ kind: "answered", status: 400 });
    expect(hubspot.judge(call, answer)).toEqual({
      kind: "split",
      code: "VALIDATION_ERROR",
      outcomes: call.inputs.map(() => null),
    });
    expect(await held()).toBe(0);
  });

  test("would be cut by the push until HubSpot takes its parts, and reject no row", async () => {
    const { url, held } = await portal();
    const pushed = await pushTo(url, DEFAULT_TOKEN, changes(130), { sync: { batchSize: 130 } });
    expect(pushed.summary).toMatchObject({ acknowledged: 130, rejected: 0, unknown: 0, stopped: null });
    expect(await held()).toBe(130);
  });
});
