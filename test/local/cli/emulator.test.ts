import { describe, expect, it } from "vitest";
import { persons } from "../../support/people_sync.ts";
import { BECAUSE, NO_EMULATOR, useSnowflake } from "../../support/snowflake_lane.ts";
import { cliWorld } from "./cli_world.ts";

useSnowflake();

describe.skipIf(NO_EMULATOR !== null)(`on Snowflake over the wire${BECAUSE}`, () => {
  it("status, errors and rows read what a run has left", { timeout: 180_000 }, async () => {
    const world = await cliWorld();
    await world.people(persons(4, (index) => (index === 2 ? { tier: "iron" } : {})));
    expect(await world.cli("run", "people")).toMatchObject({ code: 0 });
    const status = await world.cli("status");
    expect(status.out).toContain("3 rows in HubSpot · 0 in doubt · 1 rejected · no run holds it");
    const errors = await world.cli("errors", "hubspot/contacts");
    expect(errors.out).toMatch(/p2 +INVALID_OPTION +tier +1 /);
    const rows = await world.cli("rows", "hubspot/contacts", "p1", "p2", "--show-values");
    expect(rows.out).toMatch(/p1 {2}in sync/);
    expect(rows.out).toMatch(/tier +iron +–/);
    expect(rows.out).toMatch(/call, batch 1 +rejected +\d+ +\d+ +INVALID_OPTION +tier/);
  });
});
