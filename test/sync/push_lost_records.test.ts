import { describe, expect, test } from "vitest";
import { allRead, allWritten, type Received } from "../hubspot/scripted_server.ts";
import { changes, push } from "./push_fixture.ts";

const paths = (received: readonly Received[]) => received.map(({ path }) => path.split("/").at(-1));
const reads = (request: Received) => request.path.endsWith("/read");
const BY_RECORD_ID = { sync: { action: "update", idProperty: null } } as const;
const CREATE = { sync: { action: "create", idProperty: "customer_id" } } as const;

/** HubSpot's answer to an update: the inputs with these ids are left out of the results without a word. */
const writtenBut = (request: Received, ...left: readonly string[]) =>
  allWritten({ ...request, inputs: request.inputs.filter(({ id = "" }) => !left.includes(id)) });

describe("a row that the answer to an update leaves out", () => {
  test("is read back once with the others of its call, and named as merged away, gone or written", async () => {
    const pushed = await push(
      changes(5),
      (request) => {
        if (!reads(request)) return writtenBut(request, "c1", "c2", "c3", "c4");
        return {
          status: 207,
          body: {
            results: [
              { id: "9000", properties: { hs_merged_object_ids: "c1;17" } },
              { id: "c3", properties: { city: "city 3" } },
              { id: "c4", properties: { city: "elsewhere" } },
            ],
            errors: [{ category: "OBJECT_NOT_FOUND", message: "…", context: { ids: ["c2"] } }],
          },
        };
      },
      BY_RECORD_ID,
    );
    expect(paths(pushed.received)).toEqual(["update", "read"]);
    expect([1, 2, 3, 4, 5].map((seq) => pushed.outcomes.get(seq))).toMatchObject([
      { kind: "rejected", code: "MERGED_AWAY", message: expect.stringContaining("9000") },
      { kind: "rejected", code: "OBJECT_NOT_FOUND" },
      { kind: "acknowledged", hubspotId: "c3" },
      { kind: "unknown", code: "NOT_ACCOUNTED_FOR" },
      { kind: "acknowledged" },
    ]);
  });

  test("is known as merged away even where the other record does not list it, if nothing else can be meant", async () => {
    const pushed = await push(
      changes(1),
      (request) =>
        reads(request) ? { body: { results: [{ id: "9000", properties: {} }] } } : { body: { results: [] } },
      BY_RECORD_ID,
    );
    expect(pushed.outcomes.get(1)).toMatchObject({ code: "MERGED_AWAY" });
  });

  test("stays unknown when the read says nothing or cannot be made", async () => {
    for (const answer of [{ body: { results: [] } }, { status: 500, body: {} }, { drop: true }]) {
      const pushed = await push(
        changes(2),
        (request) => (reads(request) ? answer : writtenBut(request, "c1")),
        BY_RECORD_ID,
      );
      expect(pushed.outcomes.get(1)).toEqual({ kind: "unknown", code: "NOT_ACCOUNTED_FOR" });
      expect(pushed.summary).toMatchObject({ acknowledged: 1, unknown: 1, rejected: 0 });
    }
  });
});

describe("a record that was deleted", () => {
  const gone = (request: Received) => ({
    status: 207,
    body: {
      status: "COMPLETE",
      results: [],
      errors: request.inputs.map(({ id, objectWriteTraceId }) => ({
        category: "OBJECT_NOT_FOUND",
        message: "Could not get some CONTACT objects, they may be deleted or not exist.",
        context: { ids: [id], objectWriteTraceId: [objectWriteTraceId] },
      })),
    },
  });

  test("is said to be gone, without a further call", async () => {
    const pushed = await push(changes(2), gone, BY_RECORD_ID);
    expect(pushed.received).toHaveLength(1);
    expect(pushed.summary?.codes.rejected).toEqual({ OBJECT_NOT_FOUND: 2 });
  });

  const known = changes(1, () => ({
    known: true,
    hubspotId: "41",
    payload: { city: "x" },
    desired: { city: "x", tier: "gold" },
  }));

  test("is looked up once by its unique property where there is one, and written whole where it is now", async () => {
    const pushed = await push(
      known,
      (request) => {
        if (reads(request)) return { body: { results: [{ id: "42", properties: { customer_id: "c1" } }] } };
        return request.inputs[0]?.id === "41" ? gone(request) : allWritten(request);
      },
      CREATE,
    );
    expect(paths(pushed.received)).toEqual(["update", "read", "update"]);
    expect(pushed.received[2]?.inputs[0]).toMatchObject({
      id: "42",
      properties: { city: "x", tier: "gold" },
    });
    expect(pushed.summary).toMatchObject({ acknowledged: 1 });
  });

  test("is rejected when its unique property finds nothing, or the same again", async () => {
    const absent = await push(
      known,
      (request) =>
        reads(request)
          ? {
              status: 207,
              body: { results: [], errors: [{ category: "OBJECT_NOT_FOUND", context: { ids: ["c1"] } }] },
            }
          : gone(request),
      CREATE,
    );
    const again = await push(
      known,
      (request) =>
        reads(request)
          ? { body: { results: [{ id: "41", properties: { customer_id: "c1" } }] } }
          : gone(request),
      CREATE,
    );
    expect(paths(absent.received)).toEqual(["update", "read"]);
    expect(paths(again.received)).toEqual(["update", "read", "update"]);
    for (const { outcomes } of [absent, again]) {
      expect(outcomes.get(1)).toMatchObject({ kind: "rejected", code: "OBJECT_NOT_FOUND" });
    }
  });
});

describe("a value that the answer does not show", () => {
  const silent = (request: Received, extra: object = {}) => ({
    body: {
      status: "COMPLETE",
      results: request.inputs.map(({ id, objectWriteTraceId }) => ({
        id: `9${id}`,
        properties: {},
        objectWriteTraceId,
        ...extra,
      })),
    },
  });

  test("is read back, one read for a call of 100, and the record decides", async () => {
    const pushed = await push(changes(100), (request) => {
      if (!reads(request)) return silent(request);
      return allRead(request, (id) => {
        if (id === "9c7") return { city: "another" };
        return id === "9c8" ? {} : { city: `city ${id.slice(2)}` };
      });
    });
    expect(paths(pushed.received)).toEqual(["upsert", "read"]);
    expect(pushed.received[1]?.body.properties).toContain("city");
    expect(pushed.summary).toMatchObject({ acknowledged: 98, rejected: 2, unknown: 0, calls: 2 });
    for (const seq of [7, 8]) {
      expect(pushed.outcomes.get(seq)).toMatchObject({ code: "VALUE_NOT_TAKEN", property: "city" });
    }
  });

  test("leaves the row unknown when it cannot be read back, and its record new if it was", async () => {
    const unread = await push(changes(1), (request) => (reads(request) ? { status: 503 } : silent(request)));
    expect(unread.outcomes.get(1)).toEqual({ kind: "unknown", code: "VALUE_NOT_ECHOED" });
    const made = await push(changes(1), (request) =>
      reads(request) ? allRead(request, () => ({ city: "city 1" })) : silent(request, { new: true }),
    );
    expect(made.outcomes.get(1)).toEqual({ kind: "acknowledged", hubspotId: "9c1", created: true });
  });
});

test("R8: a record that an upsert made anew without showing its values is read, and then sent with everything", async () => {
  const rows = changes(1, () => ({
    known: true,
    payload: { city: "x" },
    desired: { city: "x", tier: "gold" },
  }));
  const pushed = await push(rows, (request, number) => {
    if (reads(request)) return allRead(request, () => ({ city: "x" }));
    const silent = {
      id: "91",
      properties: {},
      objectWriteTraceId: request.inputs[0]?.objectWriteTraceId,
      new: true,
    };
    return number === 1 ? { body: { status: "COMPLETE", results: [silent] } } : allWritten(request);
  });
  expect(paths(pushed.received)).toEqual(["upsert", "read", "upsert"]);
  expect(pushed.received[2]?.inputs[0]?.properties).toEqual({ city: "x", tier: "gold" });
  expect(pushed.summary).toMatchObject({ acknowledged: 1, unknown: 0 });
});

describe("a create that is in the way of another record", () => {
  test("is rejected with the record id of that one, and without a value", async () => {
    const pushed = await push(
      changes(1, () => ({ operation: "create", payload: { email: "ada@example.com" } })),
      (request) => ({
        status: 207,
        body: {
          status: "COMPLETE",
          results: [],
          errors: [
            {
              category: "CONFLICT",
              message: "Contact already exists. Existing ID: 171591000198",
              context: {
                objectWriteTraceId: [request.inputs[0]?.objectWriteTraceId],
                existingId: ["171591000198"],
              },
            },
          ],
        },
      }),
      CREATE,
    );
    const outcome = pushed.outcomes.get(1);
    expect(outcome).toMatchObject({ kind: "rejected", code: "CONFLICT" });
    expect(outcome?.kind === "rejected" && outcome.message).toContain("171591000198");
  });
});
