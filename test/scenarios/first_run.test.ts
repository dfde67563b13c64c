import { expect, it } from "vitest";
import { settlementOf } from "../../f/reverse_etl/report/settlement_report.ts";
import { flowWorld } from "../support/flow_world.ts";
import { differences } from "../support/oracle.ts";
import { persons } from "../support/people_sync.ts";

it("a first run creates every row in HubSpot, a second one without a change sends nothing and takes at most 6 Windmill jobs", async () => {
  const world = await flowWorld({ keepOpen: false });
  await world.people(persons(23));
  const first = await world.run();
  expect(settlementOf(first.result)).toMatchObject({
    status: "succeeded",
    outcomes: { acknowledged: 23, rejected: 0 },
  });
  expect(await differences(world)).toEqual([]);
  expect((await world.held()).p7).toEqual({ score: "7", tier: "gold" });
  const calls = await world.writeCalls();
  const second = await world.run();
  expect(second.success).toBe(true);
  expect(await world.writeCalls()).toBe(calls);
  expect(second.jobs).toBeLessThanOrEqual(6);
});

it("outside production the tables are built, skip_retl is taken and HubSpot sees no call", async () => {
  for (const environment of ["staging", null]) {
    const world = await flowWorld({ environment });
    await world.people(persons(3));
    const run = await world.run();
    expect(run.success).toBe(true);
    expect(run.modules.map(({ id }) => id)).toContain("environment_branch");
    expect(await world.inspect("counters")).toMatchObject({ calls: 0 });
    const events = await world.sql("select asset_key, kind from retl.asset_events order by asset_key, kind");
    expect(events.map(({ asset_key, kind }) => `${asset_key} ${kind}`)).toEqual([
      "hubspot/contacts planned",
      "hubspot/contacts skipped",
      "retl.people materialized",
      "retl.people planned",
    ]);
  }
});
