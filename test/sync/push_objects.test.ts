import { describe, expect, test } from "vitest";
import { changes } from "./push_fixture.ts";
import { portalOf, row } from "./push_portal.ts";

describe("every object type", () => {
  test.each([
    ["contacts", { firstname: "Ada", lifecyclestage: "lead" }],
    ["0-1", { firstname: "Ada" }],
    ["companies", { name: "Mill", annualrevenue: "1200000.5" }],
    [
      "deals",
      { dealname: "Wheel", amount: "12", dealstage: "closedwon", closedate: "2026-11-20T00:00:00.000Z" },
    ],
    ["tickets", { subject: "Noise", hs_pipeline: "0", hs_pipeline_stage: "1" }],
    ["machines", { model: "W1", hours: "10000000" }],
    ["2-4711", { model: "W1" }],
    ["p48000001_machines", { model: "W1" }],
  ])("%s: created, changed, cleared and archived by a custom unique property", async (objectType, values) => {
    const payload = values as Record<string, string>;
    const portal = await portalOf(objectType);
    const made = await portal.push(row({ operation: "create", payload, desired: payload }), {
      action: "upsert",
    });
    expect(made.summary).toMatchObject({ acknowledged: 1, rejected: 0, calls: 1 });
    const [first] = await portal.held();
    expect(first?.properties).toMatchObject({ erp_number: "c1", ...payload });

    const known = { known: true, hubspotId: first?.id ?? "" };
    const [name = ""] = Object.keys(payload);
    const changed = await portal.push(row({ ...known, payload: { [name]: "Another" } }), {
      action: "upsert",
    });
    expect(changed.summary).toMatchObject({ acknowledged: 1 });
    expect((await portal.held())[0]?.properties[name]).toBe("Another");

    const nothing = Object.fromEntries(Object.keys(payload).map((property) => [property, ""]));
    const gone = { ...known, removed: true, payload: nothing, desired: nothing };
    expect((await portal.push(row(gone), { action: "upsert" })).summary).toMatchObject({ acknowledged: 1 });
    expect(Object.keys((await portal.held())[0]?.properties ?? {})).not.toContain(name);

    const archived = await portal.push(row({ ...gone, operation: "archive", payload: {}, desired: {} }));
    expect(archived.summary).toMatchObject({ acknowledged: 1, calls: 2 });
    expect(await portal.held()).toEqual([]);
  });

  test("one that HubSpot does not have ends the push", async () => {
    const portal = await portalOf("nonsense");
    const pushed = await portal.push(changes(300));
    expect(pushed.summary?.stopped).toMatchObject({ code: "RETL_HUBSPOT_REFUSED" });
    expect(pushed.summary).toMatchObject({ deferred: 300, rejected: 0 });
  });

  test("a key that is not unique, such as a company's domain, ends the push", async () => {
    const portal = await portalOf("companies");
    const pushed = await portal.push(changes(2), { idProperty: "domain" });
    expect(pushed.summary?.stopped).toMatchObject({ code: "RETL_HUBSPOT_REFUSED" });
  });
});

test.each([[207], [404]] as const)(
  "records that are all gone are known to be so whether the read says %s",
  async (readNoneStatus) => {
    const portal = await portalOf("contacts", { readNoneStatus });
    const gone = { operation: "archive", removed: true, known: true, payload: {}, desired: {} } as const;
    const pushed = await portal.push(
      changes(3, (seq) => ({ ...gone, hubspotId: seq === 3 ? null : `${seq}` })),
    );
    expect(pushed.summary).toMatchObject({ acknowledged: 3, calls: 2 });
  },
);

describe("creates", () => {
  const CREATE = { action: "create" } as const;
  const create = (payload: Record<string, string>) => row({ operation: "create", payload, desired: payload });

  test("a new row becomes a record, its changes go to that record, by id", async () => {
    const portal = await portalOf("companies");
    expect((await portal.push(create({ name: "Mill" }), CREATE)).summary).toMatchObject({ acknowledged: 1 });
    const [{ id = "" } = {}] = await portal.held();
    const change = {
      known: true,
      hubspotId: id,
      payload: { city: "Ulm" },
      desired: { name: "Mill", city: "Ulm" },
    };
    expect((await portal.push(row(change), CREATE)).outcomes.get(1)).toMatchObject({ hubspotId: id });
    expect((await portal.held())[0]?.properties).toMatchObject({
      erp_number: "c1",
      name: "Mill",
      city: "Ulm",
    });
  });

  test("a record that is there already is named, and left as it is", async () => {
    const portal = await portalOf("companies");
    const id = await portal.make({ erp_number: "c1", name: "Their mill" });
    const pushed = await portal.push(create({ name: "Our mill" }), CREATE);
    const outcome = pushed.outcomes.get(1);
    expect(outcome).toMatchObject({ kind: "rejected", code: "CONFLICT" });
    expect(outcome?.kind === "rejected" && outcome.message).toContain(id);
    expect((await portal.held())[0]?.properties.name).toBe("Their mill");
  });

  test("a record that was merged into another one of its key is written there", async () => {
    const portal = await portalOf("companies");
    const winner = await portal.make({ name: "Winner" });
    const loser = await portal.make({ erp_number: "c1", name: "Loser" });
    await portal.merge(winner, loser);
    const change = {
      known: true,
      hubspotId: loser,
      payload: { city: "Ulm" },
      desired: { name: "Mill", city: "Ulm" },
    };
    const pushed = await portal.push(row(change), CREATE);
    expect(pushed.outcomes.get(1)).toEqual({ kind: "acknowledged", hubspotId: winner });
    expect((await portal.held()).map(({ properties }) => properties.city)).toEqual(["Ulm"]);
  });
});

describe("updates by record id", () => {
  const UPDATE = { action: "update", idProperty: null } as const;

  test.each([["winner"], ["not_found"]] as const)(
    "merged-away and deleted records are told apart from the others (a read of a merged one shows: %s)",
    async (readMergedAway) => {
      const portal = await portalOf("contacts", { readMergedAway });
      const ids = await Promise.all(["a", "b", "c", "d"].map((name) => portal.make({ firstname: name })));
      const [winner = "", loser = "", deleted = "", healthy = ""] = ids;
      await portal.merge(winner, loser);
      await portal.delete(deleted);
      const rows = changes(3, (seq) => {
        const payload = { city: "Ulm" };
        return { id: [loser, deleted, healthy][seq - 1] ?? "", payload, desired: payload };
      });
      const pushed = await portal.push(rows, UPDATE);
      const codes = [1, 2, 3].map((seq) => {
        const outcome = pushed.outcomes.get(seq);
        return outcome === undefined || !("code" in outcome) ? outcome?.kind : outcome.code;
      });
      expect(codes).toEqual([
        readMergedAway === "winner" ? "MERGED_AWAY" : "OBJECT_NOT_FOUND",
        "OBJECT_NOT_FOUND",
        "acknowledged",
      ]);
      expect(pushed.summary).toMatchObject({ calls: 2, unknown: 0 });
      expect((await portal.held()).find(({ id }) => id === winner)?.properties.city).toBeUndefined();
    },
  );

  test("a portal that never shows what was sent is asked once a call", async () => {
    const portal = await portalOf("contacts", { echoProperties: false });
    const ids = await Promise.all(
      ["a", "b"].map((name) => portal.make({ firstname: name, lifecyclestage: "customer" })),
    );
    const rows = changes(2, (seq) => {
      const payload = { lifecyclestage: seq === 1 ? "lead" : "evangelist" };
      return { id: ids[seq - 1] ?? "", payload, desired: payload };
    });
    const pushed = await portal.push(rows, UPDATE);
    expect(pushed.outcomes.get(1)).toMatchObject({ code: "VALUE_NOT_TAKEN", property: "lifecyclestage" });
    expect(pushed.outcomes.get(2)).toMatchObject({ kind: "acknowledged" });
    expect(pushed.summary).toMatchObject({ calls: 2, unknown: 0 });
  });

  test("an archive of a record that was merged away leaves the other one alone", async () => {
    const portal = await portalOf("contacts");
    const winner = await portal.make({ firstname: "a" });
    const loser = await portal.make({ firstname: "b" });
    await portal.merge(winner, loser);
    const pushed = await portal.push(row({ id: loser, operation: "archive", removed: true }), UPDATE);
    expect(pushed.outcomes.get(1)).toMatchObject({ kind: "rejected", code: "MERGED_AWAY" });
    expect((await portal.held()).map(({ id }) => id)).toEqual([winner]);
  });
});

describe("contacts by email", () => {
  const BY_EMAIL = { action: "upsert", idProperty: "email" } as const;
  const whole = { payload: { city: "Ulm" }, desired: { city: "Ulm", firstname: "Ada" }, known: true };

  test("go whole in every upsert, whatever differs, and the case of an address tells no two apart", async () => {
    for (const echoTraceIds of [true, false]) {
      const portal = await portalOf("contacts", { echoTraceIds });
      const pushed = await portal.push(row({ ...whole, id: "Ada@Example.COM" }), BY_EMAIL);
      expect(pushed.summary).toMatchObject({ acknowledged: 1, calls: 1 });
      const again = await portal.push(
        row({ ...whole, id: "ada@example.com", payload: { city: "Bonn" } }),
        BY_EMAIL,
      );
      expect(again.summary).toMatchObject({ acknowledged: 1 });
      const held = await portal.held();
      expect(held).toHaveLength(1);
      expect(held[0]?.properties).toMatchObject({ email: "ada@example.com", firstname: "Ada", city: "Bonn" });
    }
  });

  test("an additional address reaches its contact and leaves the primary one as it is", async () => {
    const portal = await portalOf("contacts");
    const primary = await portal.make({ email: "ada@example.com" });
    const second = await portal.make({ email: "countess@example.com" });
    await portal.merge(primary, second);
    const pushed = await portal.push(row({ ...whole, id: "Countess@example.com" }), BY_EMAIL);
    expect(pushed.outcomes.get(1)).toEqual({ kind: "acknowledged", hubspotId: primary, created: false });
    const [held] = await portal.held();
    expect(held?.properties).toMatchObject({ email: "ada@example.com", city: "Ulm" });

    const archived = await portal.push(
      row({
        ...{ id: "Countess@example.com", operation: "archive", removed: true, payload: {}, desired: {} },
        hubspotId: primary,
      }),
      BY_EMAIL,
    );
    expect(archived.summary).toMatchObject({ acknowledged: 1 });
    expect(await portal.held()).toEqual([]);
  });

  test("two addresses of one contact are acknowledged with one record id, which settling tells", async () => {
    const portal = await portalOf("contacts");
    const primary = await portal.make({ email: "ada@example.com" });
    await portal.merge(primary, await portal.make({ email: "countess@example.com" }));
    const rows = changes(2, (seq) => ({ id: ["ada@example.com", "countess@example.com"][seq - 1] ?? "" }));
    const pushed = await portal.push(rows, BY_EMAIL);
    for (const seq of [1, 2]) expect(pushed.outcomes.get(seq)).toMatchObject({ hubspotId: primary });
  });

  test("two rows whose addresses differ in case only do not keep the others of their call from arriving", async () => {
    const portal = await portalOf("contacts");
    const ids = ["ada@example.com", "ADA@example.com", "joan@example.com"];
    const pushed = await portal.push(
      changes(3, (seq) => ({ id: ids[seq - 1] ?? "" })),
      BY_EMAIL,
    );
    expect(pushed.summary).toMatchObject({ rejected: 0, unknown: 0, acknowledged: 3 });
    expect(await portal.held()).toHaveLength(2);
  });
});
