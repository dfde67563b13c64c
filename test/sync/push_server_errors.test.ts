import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allWritten, type Received, refused, type Scripted } from "../hubspot/scripted_server.ts";
import { changes, push } from "./push_fixture.ts";

const BROKEN = refused(500, "ERROR", "internal error");

const idOf = (input: Received["inputs"][number]) => input.id ?? input.properties?.customer_id ?? "";

/** Answers as `fault` says whenever one of the rows is in the call. */
const failingFor =
  (isAtFault: (id: string) => boolean, fault: Scripted = BROKEN) =>
  (request: Received) =>
    request.inputs.some((input) => isAtFault(idOf(input))) ? fault : allWritten(request);

describe("a row that HubSpot answers with a server error", () => {
  test("wherever it stands in a call of 100, it alone is rejected and the other 99 are acknowledged", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 100 }), async (position) => {
        const pushed = await push(
          changes(100),
          failingFor((id) => id === `c${position}`),
        );
        expect(pushed.summary).toMatchObject({ acknowledged: 99, rejected: 1, unknown: 0, stopped: null });
        expect(pushed.outcomes.get(position)).toMatchObject({ kind: "rejected", code: "HTTP_500" });
        expect(pushed.received.length).toBeLessThanOrEqual(36);
        expect(pushed.records).toHaveLength(pushed.received.length);
      }),
      { numRuns: 40 },
    );
  });

  test("its earlier tries stay in the journal as unknown, so that its doubt outlasts the rejection", async () => {
    const pushed = await push(
      changes(3),
      failingFor((id) => id === "c2"),
    );
    const told = pushed.records.flatMap(({ results }) => results).filter(({ seq }) => seq === 2);
    expect(told.slice(0, -1).every(({ outcome }) => outcome.kind === "unknown")).toBe(true);
    expect(told.at(-1)?.outcome).toMatchObject({ kind: "rejected", property: null });
  });

  test("several of them, next to each other or not, do not make HubSpot count as unreachable", async () => {
    const clusters = [
      [1, 2, 3, 4],
      [97, 98, 99, 100],
      [5, 105, 205, 305],
      [1, 50, 100, 150],
    ];
    for (const cluster of clusters) {
      for (const callsInFlight of [1, 4]) {
        const ids = new Set(cluster.map((seq) => `c${seq}`));
        const pushed = await push(
          changes(400),
          failingFor((id) => ids.has(id)),
          { sync: { callsInFlight } },
        );
        expect(pushed.summary).toMatchObject({ acknowledged: 396, rejected: 4, unknown: 0, stopped: null });
      }
    }
  });

  test("of two rows, the one at fault is rejected although its neighbour is taken only afterwards", async () => {
    for (const [poison, healthy] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const pushed = await push(
        changes(2),
        failingFor((id) => id === `c${poison}`),
      );
      expect(pushed.outcomes.get(poison)).toMatchObject({ kind: "rejected", code: "HTTP_500" });
      expect(pushed.outcomes.get(healthy)).toMatchObject({ kind: "acknowledged" });
    }
  });

  test("a push of that row alone leaves it unknown: nothing tells it from a HubSpot that is down", async () => {
    const pushed = await push(changes(1), () => BROKEN);
    expect(pushed.summary).toMatchObject({
      rejected: 0,
      unknown: 1,
      stopped: { code: "RETL_HUBSPOT_UNREACHABLE" },
    });
  });

  test("the parts are sent whole, because the call may have been applied", async () => {
    const rows = changes(3, (seq) => ({
      known: true,
      payload: { city: "x" },
      desired: { city: "x", tier: `t${seq}` },
    }));
    const pushed = await push(
      rows,
      failingFor((id) => id === "c1"),
    );
    const repeated = pushed.received.slice(1).flatMap(({ inputs }) => inputs);
    expect(repeated.every(({ properties }) => properties?.tier !== undefined)).toBe(true);
  });

  test("a create at fault is read back before every repetition, and the others are made once", async () => {
    const made = new Map<string, number>();
    const answer = (request: Received): Scripted => {
      const ids = request.inputs.map(idOf);
      if (request.path.endsWith("/read")) {
        const errors = [
          { category: "OBJECT_NOT_FOUND", message: "…", context: { ids: ids.filter((id) => !made.has(id)) } },
        ];
        return { status: 207, body: { status: "COMPLETE", results: [], errors } };
      }
      if (ids.includes("c7")) return BROKEN;
      for (const id of ids) made.set(id, (made.get(id) ?? 0) + 1);
      return allWritten(request);
    };
    const pushed = await push(
      changes(40, () => ({ operation: "create" })),
      answer,
      { sync: { action: "create" } },
    );
    expect(pushed.summary).toMatchObject({ acknowledged: 39, rejected: 1, unknown: 0, stopped: null });
    expect([...made.values()].every((times) => times === 1)).toBe(true);
    const paths = pushed.received.map(({ path }) => path.split("/").at(-1));
    const broken = pushed.received.flatMap(({ inputs, path }, index) =>
      path.endsWith("/create") && inputs.map(idOf).includes("c7") ? [index] : [],
    );
    expect(broken.every((index) => paths[index + 1] === "read")).toBe(true);
  });
});

test("a create that was refused with its call again and again has all its tries left when a server error meets it alone", async () => {
  const met: string[] = [];
  const answer = (request: Received): Scripted => {
    const ids = request.inputs.map(idOf);
    if (request.path.endsWith("/read")) {
      const errors = [{ category: "OBJECT_NOT_FOUND", message: "…", context: { ids } }];
      return { status: 207, body: { status: "COMPLETE", results: [], errors } };
    }
    if (ids.includes("c1")) return refused(400, "VALIDATION_ERROR", "no");
    if (ids.length > 1 || met.length > 0) return allWritten(request);
    met.push(...ids);
    return BROKEN;
  };
  const pushed = await push(
    changes(100, () => ({ operation: "create" })),
    answer,
    { sync: { action: "create" } },
  );
  expect(met).toEqual(["c2"]);
  expect(pushed.outcomes.get(2)).toMatchObject({ kind: "acknowledged" });
  expect(pushed.summary).toMatchObject({ acknowledged: 99, rejected: 1, unknown: 0, stopped: null });
});

describe("a row that makes its call time out", () => {
  test("stays unknown, and the others of its call are acknowledged", async () => {
    const pushed = await push(
      changes(10),
      failingFor((id) => id === "c4", { drop: true }),
    );
    expect(pushed.summary).toMatchObject({ acknowledged: 9, rejected: 0, unknown: 1, stopped: null });
    expect(pushed.outcomes.get(4)).toEqual({ kind: "unknown", code: "CONNECTION_LOST" });
  });

  test("a call that is too much for HubSpot arrives in smaller ones", async () => {
    const pushed = await push(changes(100), (request) =>
      request.inputs.length > 30 ? { drop: true } : allWritten(request),
    );
    expect(pushed.summary).toMatchObject({ acknowledged: 100, stopped: null });
  });
});

describe("a HubSpot that is down", () => {
  test("costs at most three calls' tries and rejects nothing, whether it answers or not", async () => {
    for (const fault of [BROKEN, { drop: true }]) {
      const pushed = await push(changes(1_000), () => fault, { sync: { callsInFlight: 1 } });
      expect(pushed.received).toHaveLength(12);
      expect(pushed.summary).toMatchObject({ rejected: 0, unknown: 100, deferred: 900 });
      expect(pushed.summary?.stopped?.code).toBe("RETL_HUBSPOT_UNREACHABLE");
    }
  });

  test("from the middle of a push on costs no more, and rejects nothing", async () => {
    const pushed = await push(
      changes(1_000),
      (request, number) => (number > 3 ? BROKEN : allWritten(request)),
      { sync: { callsInFlight: 1 } },
    );
    expect(pushed.received).toHaveLength(15);
    expect(pushed.summary).toMatchObject({ acknowledged: 300, rejected: 0, unknown: 100, deferred: 600 });
  });

  test("is noticed although it answers reads, when it takes no creates", async () => {
    const pushed = await push(
      changes(1_000, () => ({ operation: "create" })),
      (request) => {
        const errors = [
          { category: "OBJECT_NOT_FOUND", message: "…", context: { ids: request.inputs.map(idOf) } },
        ];
        return request.path.endsWith("/read")
          ? { status: 207, body: { status: "COMPLETE", results: [], errors } }
          : BROKEN;
      },
      { sync: { action: "create", callsInFlight: 1 } },
    );
    expect(pushed.summary?.stopped?.code).toBe("RETL_HUBSPOT_UNREACHABLE");
    expect(pushed.received).toHaveLength(24);
    expect(pushed.summary).toMatchObject({ rejected: 0, unknown: 100, deferred: 900 });
  });

  test("counts as unreachable also when it names a pause", async () => {
    const busy = { ...refused(503, "ERROR", "busy"), headers: { "retry-after": "5" } };
    const pushed = await push(changes(500), () => busy, { sync: { callsInFlight: 1 } });
    expect(pushed.received).toHaveLength(12);
    expect(pushed.summary?.stopped?.code).toBe("RETL_HUBSPOT_UNREACHABLE");
    expect(pushed.slept.every((pause) => pause >= 5_000)).toBe(true);
  });

  test("that names a pause of an hour is sent nothing more", async () => {
    const busy = { ...refused(503, "ERROR", "busy"), headers: { "retry-after": "3600" } };
    const pushed = await push(changes(500), () => busy, { sync: { callsInFlight: 1 } });
    expect(pushed.received).toHaveLength(1);
    expect(pushed.summary).toMatchObject({ unknown: 100, deferred: 400, deferredReason: "HTTP_503" });
  });
});
