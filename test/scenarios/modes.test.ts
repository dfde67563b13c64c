import { describe, expect, it } from "vitest";
import { settlementOf } from "../../f/reverse_etl/report/settlement_report.ts";
import { type FlowWorld, flowWorld, type RunOptions, TOKEN } from "../support/flow_world.ts";
import { differences } from "../support/oracle.ts";
import { contacts, contactsByRecordId, persons } from "../support/people_sync.ts";

const NO_GUARDS = { max_removed_fraction: 1, max_changed_fraction: 1 };
const LISTED = "select person_id, code from retl.people_sync_rejections order by 1, 2";

const outcomes = async (world: FlowWorld, options?: RunOptions) =>
  settlementOf((await world.run(options)).result)?.outcomes;

/** Makes contacts, as somebody else does, and answers their ids. */
async function made(world: FlowWorld, ...all: readonly Record<string, string>[]): Promise<string[]> {
  const ids: string[] = [];
  for (const properties of all) {
    const { id } = await post(world, "contacts", { properties });
    ids.push(id);
  }
  return ids;
}

async function merge(world: FlowWorld, primaryObjectId: string, objectIdToMerge: string): Promise<void> {
  await post(world, "contacts/merge", { primaryObjectId, objectIdToMerge });
}

async function post(world: FlowWorld, path: string, body: object): Promise<{ id: string }> {
  const answer = await fetch(`${world.hubspot.url}/crm/v3/objects/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(answer.ok).toBe(true);
  return (await answer.json()) as { id: string };
}

describe.concurrent("mirror", () => {
  it("archives the records of removed rows, once, and makes them anew when the rows come back", async ({
    onTestFinished,
  }) => {
    const sync = contacts({ operation_mode: "mirror", guards: NO_GUARDS });
    const world = await flowWorld({ sync }, onTestFinished);
    await world.people(persons(8));
    await world.run();
    await world.people(persons(5));
    expect(await outcomes(world)).toMatchObject({ acknowledged: 3, rejected: 0, unknown: 0 });
    expect(Object.keys(await world.held()).sort()).toEqual(["p0", "p1", "p2", "p3", "p4"]);
    const calls = await world.writeCalls();
    expect((await world.run()).success).toBe(true);
    expect(await world.writeCalls()).toBe(calls);
    await world.people(persons(8));
    expect(await outcomes(world)).toMatchObject({ acknowledged: 3 });
    expect(await differences(world)).toEqual([]);
    expect(await world.records()).toHaveLength(8);
  });

  it("counts a record as archived that somebody deleted before", async ({ onTestFinished }) => {
    const sync = contacts({ operation_mode: "mirror", guards: NO_GUARDS });
    const world = await flowWorld({ sync }, onTestFinished);
    await world.people(persons(3));
    await world.run();
    const gone = (await world.records()).find(({ properties }) => properties.person_number === "p2");
    await fetch(`${world.hubspot.url}/crm/v3/objects/contacts/${gone?.id}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    await world.people(persons(1));
    expect(await outcomes(world)).toMatchObject({ acknowledged: 2, rejected: 0 });
    expect(Object.keys(await world.held())).toEqual(["p0"]);
  });
});

describe.concurrent("on_removed: clear", () => {
  it("empties the mapped properties of removed rows and keeps their records", async ({ onTestFinished }) => {
    const world = await flowWorld(
      { sync: contacts({ on_removed: "clear", guards: NO_GUARDS }) },
      onTestFinished,
    );
    await world.people(persons(4));
    await world.run();
    await world.people(persons(2));
    expect(await outcomes(world)).toMatchObject({ acknowledged: 2 });
    expect(await world.held()).toEqual({
      p0: { score: "0", tier: "gold" },
      p1: { score: "1", tier: "gold" },
      p2: {},
      p3: {},
    });
    const calls = await world.writeCalls();
    await world.run();
    expect(await world.writeCalls()).toBe(calls);
  });
});

describe.concurrent("create", () => {
  it("makes records for new rows, sends their changes to them by id, and names the record in the way of another", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld(
      { sync: contacts({ operation_mode: "create", guards: NO_GUARDS }) },
      onTestFinished,
    );
    const [theirs = ""] = await made(world, { person_number: "p1", score: "900" });
    await world.people(persons(3));
    expect(await outcomes(world)).toMatchObject({ acknowledged: 2, rejected: 1 });
    const [listed] = await world.sql("select person_id, code, message from retl.people_sync_rejections");
    expect(listed).toMatchObject({
      person_id: "p1",
      code: "CONFLICT",
      message: expect.stringContaining(theirs),
    });
    await world.people(persons(3, (index) => ({ score: index + 50 })));
    await world.run();
    expect(await world.held()).toMatchObject({
      p0: { score: "50" },
      p1: { score: "900" },
      p2: { score: "52" },
    });
    expect(await world.records()).toHaveLength(3);
  });

  it("makes one record a row when answers are lost", async ({ onTestFinished }) => {
    const world = await flowWorld({ sync: contacts({ operation_mode: "create" }) }, onTestFinished);
    await world.people(persons(9));
    await world.fault({ match: { path: "batch/create" }, action: { apply: "now", reply: "reset" } });
    expect(await outcomes(world)).toMatchObject({ acknowledged: 9 });
    expect(await world.records()).toHaveLength(9);
    expect(await differences(world)).toEqual([]);
  });
});

describe.concurrent("update by record id", () => {
  it("lists rows of merged-away and of deleted records as such, and the others go through", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({ sync: contactsByRecordId() }, onTestFinished);
    const ids = await made(world, { firstname: "a" }, { firstname: "b" }, { firstname: "c" });
    const [winner = "", loser = "", other = ""] = ids;
    await merge(world, winner, loser);
    await world.people([loser, other, "1"].map((id) => ({ id, score: 7 })));
    expect(await outcomes(world)).toMatchObject({ acknowledged: 1, rejected: 2, unknown: 0 });
    expect(await world.sql(LISTED)).toEqual([
      { person_id: "1", code: "OBJECT_NOT_FOUND" },
      { person_id: loser, code: "MERGED_AWAY" },
    ]);
    const held = new Map((await world.records()).map(({ id, properties }) => [id, properties.score]));
    expect(held).toEqual(
      new Map([
        [winner, undefined],
        [other, "7"],
      ]),
    );
  });
});

describe.concurrent("contacts by email", () => {
  const BY_EMAIL = contacts({ match_property: "email", guards: NO_GUARDS });

  it("are found whatever the case of the address, and by additional addresses; two rows of one contact are both listed", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({ sync: BY_EMAIL }, onTestFinished);
    const [primary = "", second = ""] = await made(
      world,
      { email: "ada@example.com" },
      { email: "countess@example.com" },
    );
    await merge(world, primary, second);
    await world.people([
      { id: "Countess@Example.com", score: 1 },
      { id: "joan@example.com", score: 2 },
    ]);
    expect(await outcomes(world)).toMatchObject({ acknowledged: 2, rejected: 0 });
    const emails = async () => (await world.records()).map(({ properties }) => properties.email).sort();
    expect(await emails()).toEqual(["ada@example.com", "joan@example.com"]);

    await world.people([
      { id: "Countess@Example.com", score: 1 },
      { id: "ada@example.com", score: 3 },
      { id: "joan@example.com", score: 4 },
    ]);
    await world.run();
    expect((await world.sql(LISTED)).map(({ code }) => code)).toContain("SAME_RECORD");
    expect(await emails()).toEqual(["ada@example.com", "joan@example.com"]);
  });
});
