import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../f/reverse_etl/sync/failure_codes.ts";
import { allRead, allWritten, type Received, refused } from "../hubspot/scripted_server.ts";
import { changes, push } from "./push_fixture.ts";

const kinds = (pushed: { readonly outcomes: ReadonlyMap<number, { readonly kind: string }> }) =>
  [...pushed.outcomes.values()].map(({ kind }) => kind);

describe("every change gets exactly one outcome", () => {
  test("what HubSpot confirms is acknowledged, page and call borders notwithstanding", async () => {
    const pushed = await push(changes(230), (request) => allWritten(request), { pageSize: 70 });
    expect(pushed.summary).toMatchObject({ changes: 230, acknowledged: 230, calls: 3, stopped: null });
    expect(pushed.received.map(({ inputs }) => inputs.length).sort()).toEqual([100, 100, 30]);
    expect(pushed.outcomes.get(7)).toEqual({ kind: "acknowledged", hubspotId: "9c7" });
    expect(pushed.ended).toBe(true);
  });

  test("a 2xx batch without results acknowledges nothing", async () => {
    const pushed = await push(changes(3), () => ({ body: { status: "COMPLETE", results: [] } }));
    expect(pushed.summary).toMatchObject({ acknowledged: 0, unknown: 3 });
  });

  test("an empty 200 and a 204 acknowledge nothing either", async () => {
    for (const status of [200, 204]) {
      const pushed = await push(changes(2), () => ({ status }));
      expect(pushed.summary).toMatchObject({ acknowledged: 0, unknown: 2 });
    }
  });

  test("a row that is missing from a 207 is unknown, its neighbours are judged on their own", async () => {
    const pushed = await push(changes(3), (request) => {
      const [first, second] = request.inputs;
      const error = {
        status: "error",
        category: "VALIDATION_ERROR",
        message: "Email address c2@x is invalid",
        context: { objectWriteTraceId: [second?.objectWriteTraceId] },
      };
      const results = [
        { id: "91", properties: first?.properties, objectWriteTraceId: first?.objectWriteTraceId },
      ];
      return { status: 207, body: { status: "COMPLETE", results, errors: [error], numErrors: 1 } };
    });
    expect(kinds(pushed)).toEqual(["acknowledged", "rejected", "unknown"]);
    expect(pushed.summary?.codes).toEqual({
      rejected: { VALIDATION_ERROR: 1 },
      deferred: {},
      unknown: { NOT_ACCOUNTED_FOR: 1 },
    });
  });

  test.each([
    [{ category: "RATE_LIMITS", message: "You have reached your secondly limit." }, "deferred", "SECONDLY"],
    [{ category: "RATE_LIMIT", policyName: "TEN_SECONDLY_ROLLING" }, "deferred", "TEN_SECONDLY"],
    [{ errorType: "RATE_LIMIT", message: "You have reached your daily limit." }, "deferred", "DAILY"],
    [{ category: "RATE_LIMITS", message: "slow down" }, "deferred", "RATE_LIMIT"],
    [{ category: "INTERNAL_ERROR", message: "internal error" }, "unknown", "INTERNAL_ERROR"],
    [{ category: "SERVICE_UNAVAILABLE" }, "unknown", "INTERNAL_ERROR"],
    [{ category: "REQUEST_TIMEOUT" }, "unknown", "INTERNAL_ERROR"],
    [{ category: "SOMETHING_NEW" }, "rejected", "SOMETHING_NEW"],
    [{ category: "VALIDATION_ERROR", message: "INTERNAL_ERROR" }, "rejected", "VALIDATION_ERROR"],
  ] as const)("a row that a 207 refuses with %o is %s as %s", async (error, kind, code) => {
    const pushed = await push(changes(2), (request) => {
      const [first, second] = request.inputs;
      const context = { objectWriteTraceId: [second?.objectWriteTraceId] };
      const results = [
        { id: "91", properties: first?.properties, objectWriteTraceId: first?.objectWriteTraceId },
      ];
      return { status: 207, body: { status: "COMPLETE", results, errors: [{ ...error, context }] } };
    });
    expect(kinds(pushed)).toEqual(["acknowledged", kind]);
    expect(pushed.outcomes.get(2)).toMatchObject({ code });
    expect(failureOf(code) === null).toBe(code === "SOMETHING_NEW");
  });

  test("a call of one row that is refused with HubSpot's own trouble is no refusal of the row", async () => {
    const pushed = await push(changes(1), () => ({ status: 400, body: { category: "INTERNAL_ERROR" } }));
    expect(pushed.outcomes.get(1)).toEqual({ kind: "unknown", code: "INTERNAL_ERROR" });
  });

  test("a row that is refused with a limit stays in doubt when an earlier try may have written it", async () => {
    const pushed = await push(changes(1), (request, number) =>
      number === 1
        ? { status: 500 }
        : {
            status: 207,
            body: {
              errors: [
                {
                  category: "RATE_LIMITS",
                  context: { objectWriteTraceId: [request.inputs[0]?.objectWriteTraceId] },
                },
              ],
            },
          },
    );
    expect(kinds(pushed)).toEqual(["unknown"]);
  });

  test("an error that names a row counts in a plain 200, too, and contradicts a result of the same row", async () => {
    const pushed = await push(changes(3), (request) => {
      const [first, second, third] = request.inputs.map(({ objectWriteTraceId }) => objectWriteTraceId);
      const error = (trace: string | undefined) => ({
        category: "VALIDATION_ERROR",
        message: "no",
        context: { objectWriteTraceId: [trace] },
      });
      const result = (trace: string | undefined, seq: number) => ({
        id: `9${seq}`,
        properties: { city: `city ${seq}` },
        objectWriteTraceId: trace,
      });
      const results = [result(first, 1), result(third, 3)];
      return { status: 200, body: { status: "COMPLETE", results, errors: [error(second), error(third)] } };
    });
    expect(kinds(pushed)).toEqual(["acknowledged", "rejected", "unknown"]);
    expect(pushed.outcomes.get(3)).toEqual({ kind: "unknown", code: "CONTRADICTORY_ANSWER" });
  });

  test("rows that an earlier attempt decided are not sent again", async () => {
    const pushed = await push(changes(4), (request) => allWritten(request), { decided: new Set([1, 3]) });
    expect(pushed.received[0]?.inputs.map(({ id }) => id)).toEqual(["c2", "c4"]);
    expect(pushed.summary).toMatchObject({ changes: 2, alreadyDecided: 2, acknowledged: 2 });
  });

  test("a repeated attempt sends its rows whole, because the earlier one may have been applied in part", async () => {
    const rows = changes(1, () => ({
      known: true,
      payload: { city: "x" },
      desired: { city: "x", tier: "gold" },
    }));
    const pushed = await push(rows, (request) => allWritten(request), { repeated: true });
    expect(pushed.received[0]?.inputs[0]?.properties).toEqual({ city: "x", tier: "gold" });
  });

  test("trace ids are unique across calls, tries and pushes", async () => {
    const flaky = (request: Received, number: number) =>
      number === 1 ? refused(500, "ERROR", "broken") : allWritten(request);
    const first = await push(changes(150), flaky, { random: Math.random });
    const second = await push(changes(150), flaky, { random: Math.random });
    const traces = [...first.received, ...second.received].flatMap(({ inputs }) =>
      inputs.map(({ objectWriteTraceId }) => objectWriteTraceId),
    );
    expect(new Set(traces).size).toBe(traces.length);
    expect(traces.every((trace) => trace !== undefined)).toBe(true);
  });

  test("a removed row is archived by its record id, in a call of its own", async () => {
    const rows = changes(3, (seq) =>
      seq === 2 ? { operation: "archive", hubspotId: "777", payload: {}, desired: {} } : {},
    );
    const pushed = await push(rows, (request) => {
      if (request.path.endsWith("/archive")) return { status: 204 };
      return request.path.endsWith("/read") ? allRead(request) : allWritten(request);
    });
    const archive = pushed.received.find(({ path }) => path.endsWith("/archive"));
    expect(archive?.inputs).toEqual([{ id: "777" }]);
    expect(pushed.summary).toMatchObject({ acknowledged: 3, calls: 3 });
  });
});

describe("a call that is refused as a whole", () => {
  const refusing = (isPoison: (id: string) => boolean) => (request: Received) =>
    request.inputs.some(({ id }) => isPoison(id ?? ""))
      ? refused(400, "VALIDATION_ERROR", "Invalid input JSON on line 3, column 9")
      : allWritten(request);

  test("one poison row among 100 is found within 12 calls and the other 99 are acknowledged", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 100 }), async (position) => {
        const pushed = await push(
          changes(100),
          refusing((id) => id === `c${position}`),
        );
        expect(pushed.received.length).toBeLessThanOrEqual(12);
        expect(pushed.summary).toMatchObject({ acknowledged: 99, rejected: 1, unknown: 0, deferred: 0 });
        expect(pushed.outcomes.get(position)).toMatchObject({ kind: "rejected", code: "VALIDATION_ERROR" });
      }),
      { numRuns: 40 },
    );
  });

  test("of a small call, any set of poison rows is found, and only that", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 6 }),
        async (poison) => {
          const ids = new Set(poison.map((seq) => `c${seq}`));
          const pushed = await push(
            changes(7),
            refusing((id) => ids.has(id)),
          );
          const found = [...pushed.outcomes]
            .filter(([, { kind }]) => kind === "rejected")
            .map(([seq]) => seq);
          expect(found.sort()).toEqual([...poison].sort());
          expect(pushed.summary?.acknowledged).toBe(7 - poison.length);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("rows that are refused only in each other's company are all acknowledged", async () => {
    const pushed = await push(changes(8), (request) => {
      const ids = request.inputs.map(({ id }) => id);
      const clash = ids.includes("c3") && ids.includes("c8");
      return clash
        ? refused(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input")
        : allWritten(request);
    });
    expect(pushed.summary).toMatchObject({ acknowledged: 8, rejected: 0 });
  });

  test("ids that HubSpot takes for the same name no culprit: neither row is rejected for the other's company", async () => {
    const ids = ["a", "b", "A", "c"];
    const pushed = await push(
      changes(4).map((change, index) => ({ ...change, id: ids[index] ?? "" })),
      (request) => {
        const sent = request.inputs.map(({ id }) => id);
        if (!(sent.includes("a") && sent.includes("A"))) return allWritten(request);
        const message = "Duplicate IDs found in batch input: [A]. IDs must be unique";
        const answer = refused(400, "VALIDATION_ERROR", message);
        return { ...answer, body: { ...(answer.body as object), context: { ids: ["A"] } } };
      },
    );
    expect([...pushed.outcomes.values()].map(({ kind }) => kind)).not.toContain("rejected");
    expect(pushed.summary).toMatchObject({ acknowledged: 4, rejected: 0 });
  });

  test("rows that the refusal names are rejected at once and the others sent again in one call", async () => {
    const pushed = await push(changes(50), (request, number) =>
      number === 1
        ? {
            status: 400,
            body: {
              category: "OBJECT_NOT_FOUND",
              message: "Could not find some objects",
              context: {
                missingObjectPropertyValueCoordinates: ["0-1:customer_id:c7", "0-1:customer_id:c9"],
              },
            },
          }
        : allWritten(request),
    );
    expect(pushed.received).toHaveLength(2);
    expect(pushed.outcomes.get(9)).toMatchObject({ kind: "rejected", code: "OBJECT_NOT_FOUND" });
    expect(pushed.summary).toMatchObject({ acknowledged: 48, rejected: 2 });
  });

  test("bisecting ends when every row alone is refused for the same reason", async () => {
    const pushed = await push(
      changes(300),
      refusing(() => true),
    );
    expect(pushed.summary?.stopped).toMatchObject({
      code: "RETL_HUBSPOT_REFUSED",
      reason: "VALIDATION_ERROR",
    });
    expect(pushed.received.length).toBeLessThan(60);
    expect(pushed.summary?.rejected).toBeLessThan(20);
    expect(pushed.summary?.deferred).toBe(300 - (pushed.summary?.rejected ?? 0));
  });
});
