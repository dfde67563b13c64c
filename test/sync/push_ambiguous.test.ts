import { describe, expect, test } from "vitest";
import { allWritten, type Received, refused, type Scripted } from "../hubspot/scripted_server.ts";
import { changes, push } from "./push_fixture.ts";

describe("answers that leave it open whether the call was applied", () => {
  test("a server error is journalled as unknown and the call sent again, whole", async () => {
    const rows = changes(1, () => ({
      payload: { city: "x" },
      desired: { city: "x", tier: "gold" },
      known: true,
    }));
    const pushed = await push(rows, (request, number) =>
      number === 1 ? refused(502, "ERROR", "bad gateway") : allWritten(request),
    );
    expect(pushed.received.map(({ inputs }) => inputs[0]?.properties)).toEqual([
      { city: "x" },
      { city: "x", tier: "gold" },
    ]);
    expect(pushed.records.map(({ results }) => results[0]?.outcome.kind)).toEqual([
      "unknown",
      "acknowledged",
    ]);
  });

  test("a lost connection is tried four times and then unknown", async () => {
    const pushed = await push(changes(1), () => ({ drop: true }));
    expect(pushed.received).toHaveLength(4);
    expect(pushed.summary).toMatchObject({ unknown: 1, codes: { unknown: { CONNECTION_LOST: 1 } } });
    expect(pushed.slept.every((pause, index) => pause <= 1_000 * 2 ** index)).toBe(true);
  });

  test("a timeout aborts the request", async () => {
    const pushed = await push(
      changes(1),
      (request, number) => ({ ...allWritten(request), ...(number === 1 ? { delayMs: 2_500 } : {}) }),
      { timeoutMs: 500 },
    );
    expect(pushed.records[0]).toMatchObject({
      httpStatus: null,
      results: [{ outcome: { code: "TIMEOUT" } }],
    });
    expect(pushed.summary).toMatchObject({ acknowledged: 1, calls: 2 });
  });

  test("a doubt outlasts a later refusal that was certainly not applied", async () => {
    const pushed = await push(changes(1), (_, number) =>
      number === 1 ? { drop: true } : refused(401, "INVALID_AUTHENTICATION", "no"),
    );
    expect(pushed.summary).toMatchObject({ unknown: 1, deferred: 0 });
    expect(pushed.outcomes.get(1)).toEqual({ kind: "unknown", code: "CONNECTION_LOST" });
  });

  test("a HubSpot that nobody answers for stops the push after a few calls", async () => {
    const pushed = await push(changes(5_000), () => refused(503, "ERROR", "down"), {
      sync: { callsInFlight: 1 },
    });
    expect(pushed.summary?.stopped).toMatchObject({ code: "RETL_HUBSPOT_UNREACHABLE", reason: "HTTP_503" });
    expect(pushed.received).toHaveLength(12);
    expect(pushed.summary).toMatchObject({ unknown: 100, deferred: 4_900 });
  });

  test("R8: a known record that an upsert made anew is sent again with everything, in the same attempt", async () => {
    const rows = changes(2, (seq) => ({
      known: true,
      payload: { city: `c${seq}` },
      desired: { city: `c${seq}`, tier: "gold" },
    }));
    const pushed = await push(rows, (request, number) => {
      const results = request.inputs.map((input) => ({
        id: "9",
        properties: input.properties,
        objectWriteTraceId: input.objectWriteTraceId,
        new: number === 1 && input.id === "c2",
      }));
      return { body: { status: "COMPLETE", results } };
    });
    expect(pushed.received[1]?.inputs.map(({ id, properties }) => [id, properties])).toEqual([
      ["c2", { city: "c2", tier: "gold" }],
    ]);
    expect(pushed.records[0]?.results[1]?.outcome).toEqual({ kind: "unknown", code: "RECORD_RECREATED" });
    expect(pushed.summary).toMatchObject({ acknowledged: 2, unknown: 0 });
  });
});

describe("creates", () => {
  const CREATE = { action: "create", idProperty: "customer_id" } as const;
  const found = (request: Received) => ({
    body: {
      status: "COMPLETE",
      results: request.inputs.map(({ id }) => ({
        id: `8${id}`,
        properties: { customer_id: id, city: `city ${id?.slice(1)}` },
      })),
    },
  });
  const notFound = (request: Received) => ({
    status: 207,
    body: {
      status: "COMPLETE",
      results: [],
      errors: [
        { category: "OBJECT_NOT_FOUND", message: "…", context: { ids: request.inputs.map(({ id }) => id) } },
      ],
    },
  });

  test("R7: a create whose answer was lost is read back before anything else, and not sent twice when it is there", async () => {
    const pushed = await push(
      changes(2, () => ({ operation: "create" })),
      (request) => (request.path.endsWith("/read") ? found(request) : { drop: true }),
      { sync: CREATE },
    );
    expect(pushed.received.map(({ path }) => path.split("/").at(-1))).toEqual(["create", "read"]);
    expect(pushed.summary).toMatchObject({ acknowledged: 2 });
    expect(pushed.outcomes.get(1)).toEqual({ kind: "acknowledged", hubspotId: "8c1" });
  });

  test("a create that is known to be absent is sent again", async () => {
    let creates = 0;
    const pushed = await push(
      changes(1, () => ({ operation: "create" })),
      (request) => {
        if (request.path.endsWith("/read")) return notFound(request);
        creates += 1;
        return creates === 1 ? refused(504, "ERROR", "timeout") : allWritten(request);
      },
      { sync: CREATE },
    );
    expect(pushed.received.map(({ path }) => path.split("/").at(-1))).toEqual(["create", "read", "create"]);
    expect(pushed.summary).toMatchObject({ acknowledged: 1 });
  });

  test("a create that meets another record's unique value after a lost answer is rejected for it, when no record has its key", async () => {
    let creates = 0;
    const conflict = (request: Received): Scripted => ({
      status: 207,
      body: {
        status: "COMPLETE",
        results: [],
        errors: [
          {
            category: "CONFLICT",
            message: "Contact already exists. Existing ID: 77",
            context: {
              objectWriteTraceId: request.inputs.map(({ objectWriteTraceId }) => objectWriteTraceId),
            },
          },
        ],
      },
    });
    const pushed = await push(
      changes(1, () => ({ operation: "create" })),
      (request) => {
        if (request.path.endsWith("/read")) return notFound(request);
        creates += 1;
        return creates === 1 ? refused(504, "ERROR", "timeout") : conflict(request);
      },
      { sync: CREATE },
    );
    expect(pushed.received.map(({ path }) => path.split("/").at(-1))).toEqual([
      "create",
      "read",
      "create",
      "read",
    ]);
    expect(pushed.outcomes.get(1)).toMatchObject({ kind: "rejected", code: "CONFLICT" });
    expect(pushed.outcomes.get(1)).toMatchObject({ message: expect.stringContaining("77") });
  });

  test("a create is never repeated while it is open whether it was applied", async () => {
    const pushed = await push(
      changes(1, () => ({ operation: "create" })),
      (request) => (request.path.endsWith("/read") ? { body: { results: [] } } : { drop: true }),
      { sync: CREATE },
    );
    expect(pushed.received.map(({ path }) => path.split("/").at(-1))).toEqual(["create", "read"]);
    expect(pushed.summary).toMatchObject({ unknown: 1 });
  });

  test("a create that an earlier run left open is looked up first", async () => {
    const pushed = await push(
      changes(1, () => ({ operation: "create", known: true })),
      found,
      { sync: CREATE },
    );
    expect(pushed.received.map(({ path }) => path.split("/").at(-1))).toEqual(["read"]);
    expect(pushed.summary).toMatchObject({ acknowledged: 1 });
  });
});
