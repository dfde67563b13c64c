import { describe, expect, test } from "vitest";
import { associationFixture } from "../support/association_fixture.ts";
import { BECAUSE, NO_EMULATOR, useSnowflake } from "../support/snowflake_lane.ts";

useSnowflake();

describe.skipIf(NO_EMULATOR !== null)(`over Snowflake's protocol${BECAUSE}`, () => {
  test("records are associated, moved and taken apart as the source says, with and without a label", async () => {
    const world = await associationFixture({
      contacts: {
        associations: [
          { to: "hubspot/companies", foreign_key: "firm_id" },
          { to: "hubspot/companies", foreign_key: "firm_id", label: "Primary" },
        ],
      },
    });
    await world.links([
      ["a", "f1"],
      ["b", "f2"],
      ["c", null],
    ]);
    await world.sql("update retl.firms_sync_state set hubspot_id = '4711' where firm_id = 'f2'");
    expect(await world.associate("one")).toMatchObject({ created: 2, rejected: 2 });
    expect(world.held()).toEqual(["a-f1"]);
    await world.links([
      ["a", "f3"],
      ["b", null],
      ["c", "f1"],
    ]);
    expect(await world.associate("two")).toMatchObject({ created: 4, removed: 2, unknown: 0, deferred: 0 });
    expect(world.held()).toEqual(["a-f3", "c-f1"]);
    expect(await world.rows()).toMatchObject(
      ["a", "a", "c", "c"].map((from_id) => ({ from_id, acknowledged: "yes" })),
    );
    expect(await world.associate("three")).toMatchObject({ calls: 0 });
  }, 60_000);
});
