import { describe, expect, test } from "vitest";
import { allRead, allWritten, type Received, refused } from "../hubspot/scripted_server.ts";
import { changes, push } from "./push_fixture.ts";

const paths = (received: readonly Received[]) => received.map(({ path }) => path.split("/").at(-1));
const reads = (request: Received) => request.path.endsWith("/read");

/** Rows that are gone from the source, of records that HubSpot has because of us. */
const archived = (count: number) =>
  changes(count, (seq) => ({
    operation: "archive",
    removed: true,
    known: true,
    hubspotId: `${700 + seq}`,
    payload: {},
    desired: {},
  }));

const notFound = (ids: readonly (string | undefined)[], results: readonly unknown[] = []) => ({
  status: 207,
  body: {
    status: "COMPLETE",
    results,
    errors: [{ category: "OBJECT_NOT_FOUND", message: "Could not get some objects", context: { ids } }],
  },
});

describe("an archive", () => {
  test("is read first and then sent by record id, a hundred rows a call", async () => {
    const pushed = await push(archived(150), (request) =>
      reads(request) ? allRead(request) : { status: 204 },
    );
    expect(paths(pushed.received).sort()).toEqual(["archive", "archive", "read", "read"]);
    const sent = pushed.received.filter((request) => !reads(request)).flatMap(({ inputs }) => inputs);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(150);
    expect(sent.every((input) => Object.keys(input).join() === "id")).toBe(true);
    expect(pushed.summary).toMatchObject({ acknowledged: 150, calls: 4 });
  });

  test("that times out or meets a server error is sent again", async () => {
    for (const trouble of [{ drop: true }, refused(502, "ERROR", "bad gateway")]) {
      let archives = 0;
      const pushed = await push(archived(3), (request) => {
        if (reads(request)) return allRead(request);
        archives += 1;
        return archives === 1 ? trouble : { status: 204 };
      });
      expect(archives).toBe(2);
      expect(pushed.summary).toMatchObject({ acknowledged: 3, unknown: 0 });
    }
  });

  test("of a record that is gone is done without a call for it", async () => {
    const pushed = await push(archived(2), (request) =>
      reads(request) ? notFound(["701"], [{ id: "702", properties: {} }]) : { status: 204 },
    );
    expect(pushed.received.at(-1)?.inputs).toEqual([{ id: "702" }]);
    expect(pushed.outcomes.get(1)).toEqual({ kind: "acknowledged", hubspotId: null });
    expect(pushed.summary).toMatchObject({ acknowledged: 2 });
  });

  test("that HubSpot answers with not found is done", async () => {
    const pushed = await push(archived(1), (request) =>
      reads(request) ? allRead(request) : refused(404, "OBJECT_NOT_FOUND", "resource not found"),
    );
    expect(pushed.summary).toMatchObject({ acknowledged: 1, rejected: 0 });
  });

  test("of a record that was merged into another one never reaches that one", async () => {
    const pushed = await push(archived(1), () => ({
      body: { results: [{ id: "9000", properties: { hs_merged_object_ids: "12;701" } }] },
    }));
    expect(paths(pushed.received)).toEqual(["read"]);
    expect(pushed.outcomes.get(1)).toMatchObject({
      kind: "rejected",
      code: "MERGED_AWAY",
      message: "the record with this record id was merged into 9000",
    });
  });

  test("of a row without a record id is looked up by its unique property, never sent by the source id", async () => {
    const rows = archived(2).map((change) => ({ ...change, hubspotId: null }));
    const pushed = await push(rows, (request) => {
      if (!reads(request)) return { status: 204 };
      return notFound(["c2"], [{ id: "55", properties: { customer_id: "c1" } }]);
    });
    expect(pushed.received[0]?.body).toMatchObject({
      idProperty: "customer_id",
      inputs: [{ id: "c1" }, { id: "c2" }],
    });
    expect(pushed.received[1]?.inputs).toEqual([{ id: "55" }]);
    expect(pushed.summary).toMatchObject({ acknowledged: 2, calls: 2 });
  });

  test("is put off while its record cannot be looked up", async () => {
    const pushed = await push(archived(1), () => ({ body: { results: [] } }));
    expect(pushed.outcomes.get(1)).toEqual({ kind: "deferred", code: "NOT_READ_BACK" });
    expect(paths(pushed.received)).toEqual(["read"]);
  });

  test("goes by the source id where that is the record id", async () => {
    const rows = archived(1).map((change) => ({ ...change, id: "812", hubspotId: null }));
    const pushed = await push(rows, (request) => (reads(request) ? allRead(request) : { status: 204 }), {
      sync: { action: "update", idProperty: null },
    });
    expect(pushed.received.map(({ inputs }) => inputs)).toEqual([[{ id: "812" }], [{ id: "812" }]]);
    expect(pushed.summary).toMatchObject({ acknowledged: 1 });
  });
});

describe("clearing the properties of a removed row", () => {
  const cleared = (hubspotId: string | null) =>
    changes(1, () => ({
      operation: "update",
      removed: true,
      known: true,
      hubspotId,
      payload: { city: "", tier: "" },
      desired: { city: "", tier: "" },
    }));

  test("goes to the record that it has, by update, so that none is made anew", async () => {
    const pushed = await push(cleared("31"), (request) => allWritten(request));
    expect(paths(pushed.received)).toEqual(["update"]);
    expect(pushed.received[0]?.inputs[0]).toMatchObject({ id: "31", properties: { city: "", tier: "" } });
    expect(pushed.received[0]?.inputs[0]).not.toHaveProperty("idProperty");
  });

  test.each([
    ["empty", { city: "", tier: "" }],
    ["null", { city: null, tier: null }],
    ["absent", {}],
  ])("is acknowledged when HubSpot shows the values as %s", async (_form, properties) => {
    const pushed = await push(cleared("31"), (request) => ({
      body: {
        status: "COMPLETE",
        results: [{ id: "31", properties, objectWriteTraceId: request.inputs[0]?.objectWriteTraceId }],
      },
    }));
    expect(pushed.summary).toMatchObject({ acknowledged: 1, calls: 1 });
  });

  test("has nothing to do when the record is gone, whether it was looked up or written", async () => {
    const lookedUp = await push(cleared(null), (request) => notFound(request.inputs.map(({ id }) => id)));
    expect(paths(lookedUp.received)).toEqual(["read"]);
    const written = await push(cleared("31"), () => notFound(["31"]));
    expect(paths(written.received)).toEqual(["update"]);
    for (const { outcomes } of [lookedUp, written]) {
      expect(outcomes.get(1)).toEqual({ kind: "acknowledged", hubspotId: null });
    }
  });
});
