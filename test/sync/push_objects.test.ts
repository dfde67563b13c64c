import { describe, expect, onTestFinished, test } from "vitest";
import type { Change } from "../../f/reverse_etl/sync/change.ts";
import { type StartOptions, startSimulator } from "../../local/hubspot_simulator/server.ts";
import { DEFAULT_TOKEN } from "../../local/hubspot_simulator/settings.ts";
import { allWritten } from "../hubspot/scripted_server.ts";
import { changes, type PushOptions, push, pushTo } from "./push_fixture.ts";

interface Held {
  readonly id: string;
  readonly properties: Readonly<Record<string, string>>;
}

const KEY = { name: "erp_number", type: "string" as const, hasUniqueValue: true };
const OBJECTS: StartOptions["objects"] = [
  ...["contacts", "companies", "deals", "tickets"].map((name) => ({ name, properties: [KEY] })),
  {
    name: "machines",
    objectTypeId: "2-4711",
    properties: [KEY, { name: "model", type: "string" }, { name: "hours", type: "number" }],
  },
];

/** A portal and pushes of one object type to it. */
async function portalOf(objectType: string, options: StartOptions = {}) {
  const running = await startSimulator({ objects: OBJECTS, ...options });
  onTestFinished(() => running.close());
  const send = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${running.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${DEFAULT_TOKEN}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await answer.json()) as { id: string };
  };
  return {
    push: (rows: readonly Change[], sync: PushOptions["sync"] = {}) =>
      pushTo(running.url, DEFAULT_TOKEN, rows, { sync: { objectType, idProperty: "erp_number", ...sync } }),
    make: async (properties: object) =>
      (await send("POST", `/crm/v3/objects/${objectType}`, { properties })).id,
    merge: (primaryObjectId: string, objectIdToMerge: string) =>
      send("POST", `/crm/v3/objects/${objectType}/merge`, { primaryObjectId, objectIdToMerge }),
    delete: (id: string) =>
      fetch(`${running.url}/crm/v3/objects/${objectType}/${id}`, {
        method: "DELETE",
        headers: { authorization: `Bearer ${DEFAULT_TOKEN}` },
      }),
    async held(): Promise<readonly Held[]> {
      const answer = await fetch(`${running.url}/_simulator/records/${objectType}`);
      return ((await answer.json()) as { records: readonly Held[] }).records;
    },
  };
}

const row = (over: Partial<Change>): readonly Change[] => changes(1, () => over);

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

describe("what HubSpot refuses of a row", () => {
  const REFUSED = [
    ["nowhere", "x", "PROPERTY_DOESNT_EXIST"],
    ["lifecyclestage", "nonsense", "INVALID_OPTION"],
    ["hs_additional_emails", "x", "READ_ONLY_VALUE"],
    ["hs_email_domain", "x", "READ_ONLY_VALUE"],
    ["email", "ada@example.con", "INVALID_EMAIL"],
    ["born_on", "1786334400001", "INVALID_DATE"],
    ["born_on", "yesterday", "INVALID_LONG"],
    ["score", "12,5", "INVALID_INTEGER"],
  ] as const;
  const WITH_KINDS: StartOptions = {
    objects: [
      {
        name: "contacts",
        properties: [KEY, { name: "born_on", type: "date" }, { name: "score", type: "number" }],
      },
    ],
  };
  /** Every refusal once, between rows that are taken. */
  const rows = changes(2 * REFUSED.length, (seq) => {
    const [name, value] = REFUSED[Math.floor(seq / 2) - 1] ?? [];
    const payload = seq % 2 === 0 && name !== undefined ? { [name]: value } : { city: "Ulm" };
    return { payload, desired: payload };
  });

  test.each([
    ["named in errors", true],
    ["without a word about which row", false],
  ] as const)(
    "is told by code and property, %s, and the rows beside it are taken",
    async (_how, echoTraceIds) => {
      const portal = await portalOf("contacts", { ...WITH_KINDS, echoTraceIds });
      const pushed = await portal.push(rows, { action: "upsert" });
      for (const [index, [property, , code]] of REFUSED.entries()) {
        expect(pushed.outcomes.get(2 * index + 2)).toMatchObject({ kind: "rejected", code, property });
      }
      expect(pushed.summary).toMatchObject({
        acknowledged: REFUSED.length,
        rejected: REFUSED.length,
        unknown: 0,
        stopped: null,
      });
    },
  );

  test("is told the same way when the whole call is refused for it", async () => {
    const portal = await portalOf("contacts", {
      ...WITH_KINDS,
      faults: [
        {
          match: { path: "batch/upsert", bodyContains: '"score":"12,5"' },
          times: "always",
          action: {
            reply: {
              status: 400,
              body: {
                status: "error",
                category: "VALIDATION_ERROR",
                message:
                  'Property values were not valid: [{"isValid":false,"message":"12,5 was not a valid number","error":"INVALID_INTEGER","name":"score"}]',
                errors: [
                  {
                    message: "12,5 was not a valid number",
                    code: "INVALID_INTEGER",
                    context: { propertyName: ["score"] },
                  },
                ],
              },
            },
          },
        },
      ],
    });
    const pushed = await portal.push(rows.slice(-5), { action: "upsert" });
    expect(pushed.outcomes.get(16)).toMatchObject({ code: "INVALID_INTEGER", property: "score" });
    const told = pushed.outcomes.get(16);
    expect(told?.kind === "rejected" && told.message).not.toContain("12,5");
  });
});

describe("a new row without a property that HubSpot requires", () => {
  const REQUIRED: StartOptions["objects"] = [
    { name: "contacts", properties: [KEY, { name: "region", type: "string", required: true }] },
  ];
  const rows = changes(30, (seq) => {
    const payload: Record<string, string> =
      seq % 10 === 0 ? { city: "Ulm" } : { city: "Ulm", region: "south" };
    return { payload, desired: payload };
  });
  const REJECTED = { kind: "rejected", code: "VALIDATION_ERROR", property: "region" };

  test.each([
    ["named by its trace id", true],
    ["not named", false],
  ] as const)(
    "%s: is rejected with the property, and the rows beside it are taken",
    async (_how, echoTraceIds) => {
      for (const action of ["upsert", "create"] as const) {
        const portal = await portalOf("contacts", { objects: REQUIRED, echoTraceIds });
        const all = rows.map((change) => ({ ...change, operation: "create" as const }));
        const pushed = await portal.push(all, { action });
        for (const seq of [10, 20, 30]) expect(pushed.outcomes.get(seq)).toMatchObject(REJECTED);
        expect(pushed.summary).toMatchObject({ acknowledged: 27, rejected: 3, unknown: 0, stopped: null });
      }
    },
  );

  test("is found when HubSpot refuses the whole call for it and names no row", async () => {
    const pushed = await push(rows, (request) =>
      request.inputs.some(({ properties }) => properties?.region === undefined)
        ? {
            status: 400,
            body: {
              status: "error",
              category: "VALIDATION_ERROR",
              message: "Error creating CONTACT. Some required properties were not set.",
              context: { properties: ["region"] },
            },
          }
        : allWritten(request),
    );
    for (const seq of [10, 20, 30]) expect(pushed.outcomes.get(seq)).toMatchObject(REJECTED);
    expect(pushed.summary).toMatchObject({ acknowledged: 27, rejected: 3, stopped: null });
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
