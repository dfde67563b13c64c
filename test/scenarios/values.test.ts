import { describe, expect, it } from "vitest";
import { settlementOf } from "../../f/reverse_etl/report/settlement_report.ts";
import { type FlowWorld, flowWorld, TOKEN } from "../support/flow_world.ts";
import { LOST_ANSWERS, WRITES } from "../support/lost_answers.ts";
import { differences, silentDifferences } from "../support/oracle.ts";
import { contacts, contactsByRecordId, FAULT_TIMINGS, persons } from "../support/people_sync.ts";

/** Writes properties of a record as somebody else does. */
async function edit(world: FlowWorld, id: string | undefined, properties: object): Promise<void> {
  const answer = await fetch(`${world.hubspot.url}/crm/v3/objects/contacts/${id}`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ properties }),
  });
  expect(answer.status).toBe(200);
}

const applied = { match: WRITES, action: LOST_ANSWERS["applied, and the connection reset"] };

describe.concurrent("what the source says arrives", () => {
  it("cleared values reach HubSpot as cleared", async ({ onTestFinished }) => {
    const world = await flowWorld({}, onTestFinished);
    await world.people(persons(3, () => ({ note: "n" })));
    await world.run();
    await world.people(persons(3, () => ({ score: null, tier: null, note: null })));
    await world.run();
    expect(await world.held()).toEqual({ p0: {}, p1: {}, p2: {} });
    const [record] = await world.records();
    const { writes } = await world.inspect<{ writes: { properties: object }[] }>(
      `history/contacts/${record?.id}`,
    );
    expect(writes.at(-1)?.properties).toEqual({ score: "", tier: "", note: "" });
  });

  it("a row new in the source is sent, and only that row", async ({ onTestFinished }) => {
    const world = await flowWorld({}, onTestFinished);
    await world.people(persons(7));
    await world.run();
    await world.people(persons(8));
    const run = await world.run();
    expect(settlementOf(run.result)).toMatchObject({ outcomes: { acknowledged: 1 }, calls: { calls: 1 } });
    expect(await differences(world)).toEqual([]);
  });

  it("what a person edited in HubSpot is put right by a resync of all rows, and properties that are not mapped stay", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({}, onTestFinished);
    await world.people(persons(4, () => ({ note: "n" })));
    await world.run();
    const edited = { note: "", tier: "silver", score: "1000", firstname: "Ada" };
    for (const { id } of (await world.records()).slice(0, 2)) await edit(world, id, edited);
    await world.run();
    expect((await differences(world)).length).toBeGreaterThan(0);
    await world.run({ args: { resync: "all" } });
    expect(await differences(world)).toEqual([]);
    const names = (await world.records()).map(({ properties }) => properties.firstname);
    expect(names.filter((name) => name === "Ada")).toHaveLength(2);
  });

  it("only the properties that differ are sent", async ({ onTestFinished }) => {
    const world = await flowWorld({}, onTestFinished);
    await world.people(persons(1, () => ({ note: "n" })));
    await world.run();
    await world.people(persons(1, () => ({ note: "other" })));
    await world.run();
    const [record] = await world.records();
    const { writes } = await world.inspect<{ writes: { properties: object }[] }>(
      `history/contacts/${record?.id}`,
    );
    expect(writes.at(-1)?.properties).toEqual({ note: "other" });
  });

  it("every text of a value arrives as it is", async ({ onTestFinished }) => {
    const notes = [
      "0",
      "false",
      "null",
      "'; drop table x; --",
      '{"a":1}',
      "ß – 漢字 😀",
      "a\\b",
      "%s $1 $(x)",
      "{{ x }}",
    ];
    const world = await flowWorld({}, onTestFinished);
    await world.people(notes.map((note, index) => ({ id: `p${index}`, note })));
    await world.run();
    expect(await differences(world)).toEqual([]);
    expect(
      Object.values(await world.held())
        .map(({ note }) => note)
        .sort(),
    ).toEqual([...notes].sort());
  });

  it("ids of any text are one contact each", async ({ onTestFinished }) => {
    const ids = ["007", "7", "a'b", "ä", "A", "a", "x;y", "1e3", "1000"];
    const world = await flowWorld({}, onTestFinished);
    await world.people(ids.map((id, index) => ({ id, score: index })));
    await world.run();
    expect(await differences(world)).toEqual([]);
    expect((await world.records()).length).toBe(ids.length);
  });
});

describe.concurrent("a reply that was lost", () => {
  it.for([
    ["nothing else", {}],
    ["another property", { note: "changed meanwhile" }],
  ] as const)(
    "a value that changes and changes back, with %s changed, ends right",
    async ([_name, also], { onTestFinished }) => {
      const world = await flowWorld({ sync: contacts({ timings: FAULT_TIMINGS }) }, onTestFinished);
      await world.people(persons(4));
      await world.run();
      await world.people(persons(4, () => ({ score: 99 })));
      await world.fault({ ...applied, times: "always" });
      await world.runWhenFree();
      expect((await world.held()).p1).toEqual({ score: "99", tier: "gold" });
      await world.clearFaults();
      await world.people(persons(4, () => also));
      await world.runWhenFree();
      expect(await differences(world)).toEqual([]);
      expect(await silentDifferences(world)).toEqual([]);
    },
  );

  it("a create whose reply was lost makes no second contact", async ({ onTestFinished }) => {
    const world = await flowWorld({ sync: contacts({ timings: FAULT_TIMINGS }) }, onTestFinished);
    await world.people(persons(6));
    await world.fault({ ...applied, times: 2 });
    await world.runWhenFree();
    await world.clearFaults();
    await world.runWhenFree();
    expect((await world.records()).length).toBe(6);
    expect(await differences(world)).toEqual([]);
  });
});

describe.concurrent("the mapping", () => {
  const [score, tier, note] = contacts().column_mappings;
  const without = contacts({ column_mappings: [score, tier].filter((mapping) => mapping !== undefined) });

  it("a mapping that is removed leaves HubSpot's values alone, and added again it sends them again", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({}, onTestFinished);
    await world.people(persons(3, () => ({ note: "n" })));
    await world.run();
    const calls = await world.writeCalls();
    const removed = await world.run({ sync: without });
    expect(removed.success).toBe(true);
    expect(await world.writeCalls()).toBe(calls);
    expect((await world.held()).p1?.note).toBe("n");
    const [record] = await world.records();
    await edit(world, record?.id, { note: "written by others meanwhile" });
    await world.run();
    expect(await world.writeCalls()).toBe(calls + 2);
    expect(await differences(world)).toEqual([]);
  });

  it("a value that was cleared while its mapping was away is cleared when the mapping is back", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({}, onTestFinished);
    await world.people(persons(2, () => ({ note: "n" })));
    await world.run();
    await world.run({ sync: without });
    await world.people(persons(2));
    await world.run();
    expect(await differences(world)).toEqual([]);
  });

  it("with when_null keep, NULL leaves the property alone and a value is sent", async ({
    onTestFinished,
  }) => {
    const keep = contacts({
      column_mappings: [score, tier, note].flatMap((mapping) =>
        mapping === undefined ? [] : [{ ...mapping, when_null: "keep" as const }],
      ),
    });
    const world = await flowWorld({ sync: keep }, onTestFinished);
    await world.people(persons(2, () => ({ note: "n" })));
    await world.run();
    const calls = await world.writeCalls();
    await world.people(persons(2, () => ({ note: null })));
    await world.run();
    expect(await world.writeCalls()).toBe(calls);
    expect((await world.held()).p1).toEqual({ score: "1", tier: "gold", note: "n" });
    await world.people(persons(2, () => ({ note: "m" })));
    await world.run();
    expect((await world.held()).p1).toEqual({ score: "1", tier: "gold", note: "m" });
    expect(await silentDifferences(world)).toEqual([]);
  });
});

describe.concurrent("records that others changed", () => {
  it("R8: a record that was deleted in HubSpot comes back whole", async ({ onTestFinished }) => {
    const world = await flowWorld({}, onTestFinished);
    await world.people(persons(3, () => ({ note: "n" })));
    await world.run();
    const [record] = await world.records();
    await fetch(`${world.hubspot.url}/crm/v3/objects/contacts/${record?.id}`, {
      method: "DELETE",
      headers: { authorization: "Bearer simulator-token" },
    });
    expect((await world.records()).length).toBe(2);
    await world.people(persons(3, () => ({ note: "other" })));
    await world.run();
    expect(await differences(world)).toEqual([]);
  });

  it("R8: also when the answer that says it was made anew is followed by nothing but silence", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({ sync: contacts({ timings: FAULT_TIMINGS }) }, onTestFinished);
    await world.people(persons(3, () => ({ note: "n" })));
    await world.run();
    const [record] = await world.records();
    await fetch(`${world.hubspot.url}/crm/v3/objects/contacts/${record?.id}`, {
      method: "DELETE",
      headers: { authorization: "Bearer simulator-token" },
    });
    await world.people(persons(3, () => ({ note: "other" })));
    await world.fault({ match: WRITES, nth: 2, times: "always", action: { apply: "never", reply: "close" } });
    await world.runWhenFree();
    expect((await world.held())[record?.properties.person_number ?? ""]).toEqual({ note: "other" });
    expect(await silentDifferences(world)).toEqual([]);
    await world.clearFaults();
    await world.runWhenFree();
    expect(await differences(world)).toEqual([]);
  });

  it("update mode writes by record id, and an id that HubSpot does not have is listed", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({ sync: contactsByRecordId() }, onTestFinished);
    const made = await fetch(`${world.hubspot.url}/crm/v3/objects/contacts/batch/create`, {
      method: "POST",
      headers: { authorization: "Bearer simulator-token", "content-type": "application/json" },
      body: JSON.stringify({
        inputs: [1, 2, 3].map((n) => ({ properties: { email: `p${n}@example.com` }, associations: [] })),
      }),
    });
    const { results } = (await made.json()) as { results: { id: string }[] };
    const ids = results.map(({ id }) => id);
    await world.people([...ids, "999999999"].map((id, index) => ({ id, score: index, note: `n${index}` })));
    const run = await world.run();
    expect(settlementOf(run.result)).toMatchObject({ outcomes: { acknowledged: 3, rejected: 1 } });
    const records = await world.records();
    expect(records.map(({ id, properties }) => [id, properties.score, properties.note]).sort()).toEqual(
      ids.map((id, index) => [id, `${index}`, `n${index}`]).sort(),
    );
    expect(await world.sql("select person_id, code from retl.people_sync_rejections")).toEqual([
      { person_id: "999999999", code: "OBJECT_NOT_FOUND" },
    ]);
    await world.people(ids.map((id) => ({ id, score: 5 })));
    await world.run();
    expect((await world.records()).map(({ properties }) => [properties.score, properties.note])).toEqual(
      ids.map(() => ["5", undefined]),
    );
  });
});
