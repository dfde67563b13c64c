import { describe, expect, test } from "vitest";
import { compareAssociations } from "../../f/reverse_etl/sync/association_plan.ts";
import { planChanges } from "../../f/reverse_etl/sync/plan.ts";
import { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import { associationFixture } from "../support/association_fixture.ts";

const SUPPRESSIONS = { suppressions: { table: "erased", column: "id" } };
const SIDES = {
  "this sync's row": { contacts: SUPPRESSIONS, listed: "a" },
  "the other sync's row": { firms: SUPPRESSIONS, listed: "f1" },
} as const;

async function suppressing({ listed, ...sides }: (typeof SIDES)[keyof typeof SIDES]) {
  const world = await associationFixture(sides);
  await world.warehouse.execute("create table retl.erased (id varchar)");
  return {
    ...world,
    list: () => world.warehouse.execute("insert into retl.erased values (?), (null)", [` ${listed} `]),
    lift: () => world.warehouse.execute("delete from retl.erased"),
    total: () => ["create", "read", "archive"].map(world.calls),
  };
}

describe.each(Object.entries(SIDES))("an association with a suppressed row, %s", (_side, options) => {
  test("is let go without a call, not taken away, not sent again, and not made again", async () => {
    const world = await suppressing(options);
    await world.links([
      ["a", "f1"],
      ["b", "f2"],
      ["c", "f3"],
    ]);
    expect(await world.associate("one")).toMatchObject({ created: 3 });
    await world.list();
    expect(await world.compare()).toMatchObject({
      to_create: 0,
      to_remove: 0,
      waiting: 0,
      target_missing: 0,
    });
    expect(await world.associate("two")).toMatchObject({ calls: 0 });
    expect((await world.rows()).map(({ from_id }) => from_id)).toEqual(["b", "c"]);
    // As far as HubSpot is concerned, nothing happened.
    expect(world.held()).toEqual(["a-f1", "b-f2", "c-f3"]);
    await world.links([
      ["a", null],
      ["b", "f2"],
      ["c", "f3"],
    ]);
    await world.associate("three");
    await world.links([
      ["a", "f1"],
      ["b", "f2"],
      ["c", "f3"],
    ]);
    expect(await world.associate("four", { resync: "all" })).toMatchObject({ created: 2, removed: 0 });
    expect(world.held()).toEqual(["a-f1", "b-f2", "c-f3"]);
    expect(world.total()).toEqual([2, 0, 0]);
    await world.lift();
    expect(await world.associate("five")).toMatchObject({ created: 1, removed: 0 });
    expect((await world.rows()).map(({ from_id }) => from_id)).toEqual(["a", "b", "c"]);
  });

  test("is not taken away when it was in doubt or refused, or when its other end goes elsewhere", async () => {
    const world = await suppressing(options);
    await world.links([
      ["a", "f1"],
      ["c", "f3"],
    ]);
    await world.associate("one");
    await world.sql("update retl.employees_sync_associations set in_doubt = true, operation = 'create'");
    await world.list();
    await world.links([
      ["a", options.listed === "a" ? null : "f3"],
      ["c", options.listed === "a" ? "f3" : "f1"],
    ]);
    const report = await world.associate("two");
    expect(report).toMatchObject({ removed: options.listed === "a" ? 0 : 1 });
    expect(world.held()).toContain("a-f1");
    expect(world.held()).not.toContain("c-f1");
    expect(
      await world.sql("select * from retl.employees_sync_associations where from_id = 'a' and to_id = 'f1'"),
    ).toEqual([]);
  });

  test("does not count as removed, nor as one of those that are known", async () => {
    const world = await suppressing(options);
    await world.links([
      ["a", "f1"],
      ["b", "f2"],
    ]);
    await world.associate("one");
    await world.list();
    await world.links([]);
    const { known, counts } = (await compareWith(world)) ?? {};
    expect(known).toBe(1);
    expect(counts).toMatchObject({ to_remove: 0 });
  });

  test("goes with the plan, not only with the step that associates, but not with a dry run", async () => {
    const world = await suppressing(options);
    await world.links([
      ["a", "f1"],
      ["b", "f2"],
    ]);
    await world.associate("one");
    await world.list();
    const params = { resync: "changes", approve: null } as const;
    const dry = await planChanges(world.warehouse, world.sync, "two", { ...params, dry_run: true });
    expect(await world.rows()).toHaveLength(2);
    const plan = await planChanges(world.warehouse, world.sync, "three", { ...params, dry_run: false });
    expect((await world.rows()).map(({ from_id }) => from_id)).toEqual(["b"]);
    expect(plan.plan_id).toBe(dry.plan_id);
    expect(plan.associations).toEqual(dry.associations);
  });

  test("cannot be compared without the list: an error that names the table, and nothing is sent", async () => {
    const world = await suppressing(options);
    await world.links([["a", "f1"]]);
    await world.sql("drop table retl.erased");
    await expect(world.associate("one")).rejects.toMatchObject({
      code: "RETL_SOURCE_MISSING",
      message: expect.stringContaining("retl.erased"),
    });
    expect(world.total()).toEqual([0, 0, 0]);
  });
});

function compareWith({ warehouse, sync }: Awaited<ReturnType<typeof associationFixture>>) {
  return compareAssociations(new SyncSession(warehouse, sync), "changes");
}
