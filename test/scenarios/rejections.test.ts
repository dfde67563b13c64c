import { describe, expect, it } from "vitest";
import { settlementOf } from "../../f/reverse_etl/report/settlement_report.ts";
import { type FlowWorld, flowWorld, TOKEN } from "../support/flow_world.ts";
import { WRITES } from "../support/lost_answers.ts";
import { differences, silentDifferences } from "../support/oracle.ts";
import { contacts, persons } from "../support/people_sync.ts";

const LISTED = "select person_id, code, property, attempts from retl.people_sync_rejections order by 1, 2";

const options = (...values: string[]) => values.map((value) => ({ label: value, value }));

/** Changes a property as an administrator does. */
async function property(world: FlowWorld, name: string, change: object): Promise<void> {
  const answer = await fetch(`${world.hubspot.url}/crm/v3/properties/contacts/${name}`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify(change),
  });
  expect(answer.status).toBe(200);
}

describe.concurrent("rows that HubSpot refuses", () => {
  it("are listed with code and property, their neighbours go through, and they are not sent again until they change", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({}, onTestFinished);
    const rows = persons(12, (index) => (index % 5 === 2 ? { tier: "iron" } : {}));
    await world.people(rows);
    const run = await world.run();
    expect(run.success).toBe(true);
    expect(settlementOf(run.result)).toMatchObject({ outcomes: { acknowledged: 10, rejected: 2 } });
    const listed = ["p2", "p7"].map((person_id) => ({
      person_id,
      code: "INVALID_OPTION",
      property: "tier",
      attempts: "1",
    }));
    expect(await world.sql(LISTED)).toEqual(listed);
    expect(await differences(world, { except: ["p2", "p7"] })).toEqual([]);

    const calls = await world.writeCalls();
    expect((await world.run()).success).toBe(true);
    expect(await world.writeCalls()).toBe(calls);
    expect(await world.sql(LISTED)).toEqual(listed);

    await world.people(rows.map((row) => (row.id === "p2" ? { ...row, tier: "silver" } : row)));
    await world.run();
    expect(await world.sql(LISTED)).toEqual(listed.slice(1));
    expect(await differences(world, { except: ["p7"] })).toEqual([]);
  });

  it("are found by bisecting where HubSpot refuses the whole call", async ({ onTestFinished }) => {
    // A value that HubSpot's gateway refuses: the call fails as a whole and names no row.
    const world = await flowWorld({ sync: contacts({ batch_size: 50 }) }, onTestFinished);
    const body = { status: "error", message: "Invalid input JSON", category: "VALIDATION_ERROR" };
    await world.fault({
      match: { ...WRITES, bodyContains: "poison" },
      times: "always",
      action: { reply: { status: 400, body } },
    });
    await world.people(persons(40, (index) => (index === 23 ? { note: "poison" } : {})));
    const run = await world.run();
    expect(settlementOf(run.result)).toMatchObject({ outcomes: { acknowledged: 39, rejected: 1 } });
    expect((await world.sql(LISTED)).map(({ person_id, code }) => [person_id, code])).toEqual([
      ["p23", "VALIDATION_ERROR"],
    ]);
    expect(await world.writeCalls()).toBeLessThanOrEqual(12);
    expect(await differences(world, { except: ["p23"] })).toEqual([]);
  });

  it("a lifecycle stage that does not go back is listed as not taken, once, and its row comes right when it changes", async ({
    onTestFinished,
  }) => {
    const [score, tier, note] = contacts().column_mappings;
    const stage = { destination_name: "lifecyclestage", snowflake_name: "stage" };
    const sync = contacts({
      column_mappings: [score, tier, note, stage].filter((mapping) => mapping !== undefined),
    });
    const columns = { score: "score", tier: "tier", note: "note", stage: "lifecyclestage" };
    const world = await flowWorld({ sync }, onTestFinished);
    await world.people(persons(2, () => ({ stage: "customer" })));
    await world.run();
    expect(await differences(world, { columns })).toEqual([]);

    await world.people(persons(2, (index) => ({ stage: index === 0 ? "lead" : "customer", score: 50 })));
    await world.run();
    expect(await world.sql(LISTED)).toEqual([
      { person_id: "p0", code: "VALUE_NOT_TAKEN", property: "lifecyclestage", attempts: "1" },
    ]);
    // The row's other values were taken, so the state must not take its old ones for what HubSpot holds.
    expect((await world.held()).p0?.score).toBe("50");
    expect(await silentDifferences(world)).toEqual([]);
    const calls = await world.writeCalls();
    await world.run();
    expect(await world.writeCalls()).toBe(calls);

    await world.people(persons(2, () => ({ stage: "customer" })));
    await world.run();
    expect(await world.sql(LISTED)).toEqual([]);
    expect(await differences(world, { columns })).toEqual([]);
  });

  it("are tried again at once when HubSpot's property has changed, and until then no run asks for them to be written", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({}, onTestFinished);
    await world.people(persons(4, (index) => (index === 1 ? { tier: "iron" } : {})));
    const first = await world.run();
    expect(settlementOf(first.result)).toMatchObject({ outcomes: { acknowledged: 3, rejected: 1 } });
    const calls = await world.writeCalls();
    await world.run();
    expect(await world.writeCalls()).toBe(calls);
    expect((await world.sql(LISTED))[0]).toMatchObject({ code: "INVALID_OPTION", attempts: "1" });

    await property(world, "tier", { options: options("gold", "silver", "bronze", "iron") });
    await world.run();
    expect(await world.sql(LISTED)).toEqual([]);
    expect(await differences(world)).toEqual([]);
  });

  it("that another property than theirs was changed for wait on, and a dry run shows what a run would send", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({}, onTestFinished);
    await world.people(persons(3, (index) => (index === 1 ? { tier: "iron" } : {})));
    await world.run();
    await property(world, "person_number", { label: "Number" });
    await world.run();
    expect((await world.sql(LISTED))[0]).toMatchObject({ attempts: "1" });

    await property(world, "tier", { options: options("gold", "wood") });
    await world.run({ args: { dry_run: true } });
    const [dry] = await world.sql("select run_id, plan_id from retl.retl_runs where status = 'dry_run'");
    const planned = `select operation from retl.people_sync where run_id = '${dry?.run_id}' and seq > 0`;
    expect(await world.sql(planned)).toEqual([{ operation: "create" }]);
    await world.run({ args: { approve: dry?.plan_id } });
    // Still no option of the property: refused again, and it waits from now on as any row that was refused twice.
    expect((await world.sql(LISTED))[0]).toMatchObject({ code: "INVALID_OPTION", attempts: "2" });
    const calls = await world.writeCalls();
    await world.run();
    expect(await world.writeCalls()).toBe(calls);
  });

  it("leave the list when they leave the source, and their contact stays as it was acknowledged", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({}, onTestFinished);
    await world.people(persons(3));
    await world.run();
    await world.people(persons(3, (index) => (index === 1 ? { tier: "iron" } : {})));
    await world.run();
    expect(await world.sql(LISTED)).toHaveLength(1);
    await world.people(persons(3));
    await world.run();
    expect(await world.sql(LISTED)).toEqual([]);
    expect(await differences(world)).toEqual([]);
    expect(await silentDifferences(world)).toEqual([]);
  });
});

describe.concurrent("rows that a guard refuses", () => {
  it("rows without an id and rows that share one are listed, never sent, and gone from the list when the source is right", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({}, onTestFinished);
    const twice = [{ id: "p1 ", score: 9 }];
    await world.people([...persons(4), ...twice, { id: null, score: 1 }, { id: "  ", score: 2 }]);
    const run = await world.run();
    expect(settlementOf(run.result)).toMatchObject({ outcomes: { acknowledged: 3 } });
    expect((await world.sql(LISTED)).map(({ person_id, code }) => `${person_id} ${code}`)).toEqual([
      "p1 DUPLICATE_ID",
      "p1 DUPLICATE_ID",
      "null MISSING_ID",
      "null MISSING_ID",
    ]);
    expect((await world.records()).length).toBe(3);
    await world.people(persons(4));
    await world.run();
    expect(await world.sql(LISTED)).toEqual([]);
    expect(await differences(world)).toEqual([]);
  });
});
