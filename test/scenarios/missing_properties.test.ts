import { describe, expect, it } from "vitest";
import { main as batchSizing } from "../../f/reverse_etl/batch_sizing.ts";
import { main as diffInsert } from "../../f/reverse_etl/diff_insert.ts";
import { settlementOf } from "../../f/reverse_etl/report/settlement_report.ts";
import { errorOf, flowWorld, TOKEN } from "../support/flow_world.ts";
import { differences } from "../support/oracle.ts";
import { compiledPeople, contacts, persons } from "../support/people_sync.ts";

const NO_OPTIONS = [{ name: "contacts", properties: [{ name: "score", type: "number" as const }] }];
const CREATES = contacts({ create_missing_properties: { match_property: true } });

describe.concurrent("properties that HubSpot lacks", () => {
  it("are created by the first run that the sync lets do so, and by no dry run", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({ sync: CREATES, simulator: { objects: NO_OPTIONS } }, onTestFinished);
    await world.people(persons(6, () => ({ note: "new" })));
    const listed = async () => {
      const answer = await fetch(`${world.hubspot.url}/crm/v3/properties/contacts`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      return ((await answer.json()) as { results: { name: string }[] }).results.map(({ name }) => name);
    };
    expect((await world.run({ args: { dry_run: true } })).success).toBe(true);
    expect(await listed()).not.toContain("note");
    expect(settlementOf((await world.run()).result)).toMatchObject({ outcomes: { acknowledged: 6 } });
    expect(await listed()).toEqual(expect.arrayContaining(["person_number", "tier", "note"]));
    expect(await differences(world)).toEqual([]);
  });

  it("end the run before anything is sent otherwise, all of them named, and the next run sends everything", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({ simulator: { objects: NO_OPTIONS } }, onTestFinished);
    await world.people(persons(3));
    const run = await world.run();
    expect(errorOf(run)?.name).toBe("RETL_HUBSPOT_MAPPING");
    for (const name of ["person_number", "tier", "note"]) expect(errorOf(run)?.message).toContain(name);
    expect(await world.writeCalls()).toBe(0);
    expect(settlementOf((await world.runWhenFree({ sync: CREATES })).result)).toMatchObject({
      outcomes: { acknowledged: 3 },
    });
  });
});

it("options that the data has and HubSpot lacks are warnings of a run, with the rows of its plan that have them", async () => {
  const world = await flowWorld();
  const { warehouse, hubspot, sync: declared } = world;
  const portal = { token: TOKEN, base_url: hubspot.url };
  const sync = compiledPeople(declared);
  await world.people(persons(6, (index) => (index < 2 ? { tier: "iron" } : {})));
  const plan = await diffInsert(warehouse, sync, "r1");
  const sized = await batchSizing(warehouse, portal, sync, "r1", {
    ...plan,
    properties: [...plan.properties],
  });
  expect(sized.warnings).toMatchObject([
    { property: "tier", code: "OPTION_MISSING", problem: expect.stringContaining('"iron" (2 rows)') },
  ]);
  expect(sized.batches.length).toBeGreaterThan(0);
});
