import { expect, test } from "vitest";
import { planChanges } from "../../f/reverse_etl/sync/plan.ts";
import { type Attempt, associationFixture, type Link } from "../support/association_fixture.ts";

const links = (count: number, firm: (index: number) => string | null): Link[] =>
  Array.from({ length: count }, (_, index) => [`p${String(index).padStart(5, "0")}`, firm(index)] as const);

test("associations go out in calls of as many as HubSpot takes: 2,000 to create, 1,000 to read, 100 to remove", async () => {
  const world = await associationFixture({ contacts: { guards: { max_removed_fraction: 1 } } });
  await world.links(links(2_001, () => "f1"));
  expect(await world.associate("one")).toMatchObject({ created: 2_001, calls: 3 });
  expect(world.calls("create")).toBe(2);
  await world.links(links(2_001, (index) => (index < 1_101 ? null : "f1")));
  expect(await world.associate("two")).toMatchObject({ removed: 1_101, created: 0 });
  expect([world.calls("read"), world.calls("archive"), world.calls("create")]).toEqual([2, 12, 2]);
  expect(world.held()).toHaveLength(900);
  expect(await world.associate("three")).toMatchObject({ calls: 0 });
});

test("answers that are never about an association stop the step, as those of a proxy do", async () => {
  const world = await associationFixture({
    contacts: { guards: { max_removed_fraction: 1 }, rate: { calls_in_flight: 1 } },
  });
  await world.links(links(900, () => "f1"));
  await world.associate("one");
  await world.links(links(900, () => null));
  world.fault({
    match: { path: "batch/archive" },
    times: "always",
    action: { reply: { status: 200, body: {} }, apply: "never" },
  });
  await expect(world.associate("two")).rejects.toMatchObject({
    code: "RETL_HUBSPOT_UNREACHABLE",
    details: { removed: 0, unknown: 300, deferred: 600 },
  });
  expect(world.calls("archive")).toBe(3);
});

test("a 207 acknowledges what it has results for and lists the refused with HubSpot's code, until the record is another", async () => {
  const world = await associationFixture();
  await world.links([
    ["a", "f1"],
    ["b", "f1"],
    ["c", "f2"],
  ]);
  await world.sql("update retl.firms_sync_state set hubspot_id = '4711' where firm_id = 'f2'");
  const report = await world.associate("one");
  expect(report).toMatchObject({ created: 2, rejected: 1, codes: { OBJECT_NOT_FOUND: 1 } });
  const [refused] = (await world.rows()).filter(({ from_id }) => from_id === "c");
  expect(refused).toMatchObject({
    code: "OBJECT_NOT_FOUND",
    acknowledged: "no",
    in_doubt: "false",
    attempts: "1",
    operation: null,
  });
  expect(refused?.message).not.toContain("4711");
  // Not due again before its next try, unless asked for.
  expect(await world.associate("two")).toMatchObject({ calls: 0, planned: { refused: 1, to_create: 0 } });
  expect(await world.associate("three", { resync: "rejected" })).toMatchObject({ rejected: 1 });
  const [f1] = await world.sql("select hubspot_id from retl.firms_sync_state where firm_id = 'f1'");
  await world.sql(`update retl.firms_sync_state set hubspot_id = '${f1?.hubspot_id}' where firm_id = 'f2'`);
  expect(await world.associate("four")).toMatchObject({ created: 1, rejected: 0 });
});

test("an answer without results acknowledges nothing, and what it leaves out is sent again by the next run", async () => {
  const world = await associationFixture();
  await world.links([["a", "f1"]]);
  world.fault({ match: { path: "batch/create" }, nth: 1, times: 1, action: { reply: "empty_results" } });
  expect(await world.associate("one")).toMatchObject({
    created: 0,
    unknown: 1,
    codes: { NOT_ACCOUNTED_FOR: 1 },
  });
  expect(await world.rows()).toMatchObject([{ acknowledged: "no", in_doubt: "true", operation: "create" }]);
  expect(await world.associate("two")).toMatchObject({ created: 1, unknown: 0 });
});

test("a refused token stops the step with everything kept", async () => {
  const world = await associationFixture({ simulator: { tokens: [{ token: "another" }] } });
  await world.links([["a", "f1"]]);
  await expect(world.associate("one")).rejects.toMatchObject({ code: "RETL_HUBSPOT_UNAUTHORIZED" });
  world.hubspot.simulator.configure({ tokens: [{ token: "simulator-token" }] });
  expect(await world.associate("two")).toMatchObject({ created: 1 });
});

test("a daily limit defers what is left without failing", async () => {
  const world = await associationFixture({ simulator: { daily: { calls: 1 } } });
  await world.links([["a", "f1"]]);
  expect(await world.associate("one")).toMatchObject({ created: 0, deferred: 1, codes: { DAILY: 1 } });
  world.hubspot.simulator.configure({ daily: { calls: 1_000 } });
  expect(await world.associate("two")).toMatchObject({ created: 1 });
});

test("an association that makes HubSpot fail is found by smaller calls and refused, and the others go through", async () => {
  const world = await associationFixture();
  await world.links(links(20, () => "f1"));
  const [poison] = await world.sql(
    "select hubspot_id from retl.employees_sync_state where employee_id = 'p00000'",
  );
  world.fault({
    match: { path: "batch/create", bodyContains: `"${poison?.hubspot_id}"` },
    times: "always",
    action: { reply: { status: 500 } },
  });
  expect(await world.associate("one", { patient: false })).toMatchObject({
    created: 19,
    rejected: 1,
    codes: { HTTP_500: 1 },
  });
  const [refused] = (await world.rows()).filter(({ acknowledged }) => acknowledged === "no");
  expect(refused).toMatchObject({ from_id: "p00000", code: "HTTP_500", in_doubt: "true" });
});

test("a server that is busy is asked again", async () => {
  const world = await associationFixture();
  await world.links([["a", "f1"]]);
  world.fault({ match: { path: "batch/create" }, nth: 1, times: 1, action: { reply: { status: 503 } } });
  expect(await world.associate("one")).toMatchObject({ created: 1, unknown: 0, calls: 3 });
});

test("a record that was made anew is associated anew, and the association of the old one is let go", async () => {
  const world = await associationFixture();
  await world.links([["a", "f1"]]);
  await world.associate("one");
  const { portal } = world.hubspot.simulator;
  const [state] = await world.sql("select hubspot_id from retl.employees_sync_state");
  portal.store(portal.type("contacts")).archive(state?.hubspot_id ?? "", 1);
  const id = portal.nextRecordId();
  portal.store(portal.type("contacts")).create(id, { hs_object_id: id }, 1);
  await world.sql(`update retl.employees_sync_state set hubspot_id = '${id}'`);
  expect(await world.associate("two")).toMatchObject({ created: 1, removed: 1 });
  expect(world.calls("archive")).toBe(0);
  expect(await world.rows()).toHaveLength(1);
});

test("a record whose row is gone keeps its associations where removed rows are left, and loses them where they are cleared", async () => {
  for (const on_removed of ["leave", "clear"] as const) {
    const world = await associationFixture({ contacts: { on_removed } });
    await world.links([
      ["a", "f1"],
      ["b", "f1"],
    ]);
    await world.associate("one");
    await world.links([["b", "f1"]]);
    const report = await world.associate("two");
    expect(report.removed, on_removed).toBe(on_removed === "leave" ? 0 : 1);
  }
});

test("an id that stands in several source rows says nothing about its associations", async () => {
  const world = await associationFixture();
  await world.links([["a", "f1"]]);
  await world.associate("one");
  await world.links([
    ["a", "f1"],
    ["a", "f2"],
  ]);
  expect(await world.compare()).toMatchObject({ to_create: 0, to_remove: 0 });
});

test("resync all sends every association again", async () => {
  const world = await associationFixture();
  await world.links([
    ["a", "f1"],
    ["b", "f1"],
  ]);
  await world.associate("one");
  const { portal } = world.hubspot.simulator;
  const [contacts, firms] = [portal.type("contacts"), portal.type("companies")];
  const [row] = await world.sql(
    "select from_hubspot_id, to_hubspot_id from retl.employees_sync_associations where from_id = 'a'",
  );
  portal.associations.removeAll(
    { type: contacts, id: row?.from_hubspot_id ?? "" },
    { type: firms, id: row?.to_hubspot_id ?? "" },
  );
  expect(world.held()).toEqual(["b-f1"]);
  expect(await world.associate("two", { resync: "all" })).toMatchObject({ created: 2 });
  expect(world.held()).toEqual(["a-f1", "b-f1"]);
});

test("an association beyond the first page of a record's associations is found before it is removed", async () => {
  const world = await associationFixture({ simulator: { associationPage: 2 } });
  await world.links([["a", "f1"]]);
  await world.associate("one");
  const { portal } = world.hubspot.simulator;
  const [contacts, firms] = [portal.type("contacts"), portal.type("companies")];
  const [row] = await world.sql(
    "select from_hubspot_id, to_hubspot_id from retl.employees_sync_associations",
  );
  const person = { type: contacts, id: row?.from_hubspot_id ?? "" };
  const plain = portal.associationTypes.between(contacts, firms).find(({ label }) => label === null);
  if (plain === undefined) throw new Error("no association without a label");
  portal.associations.removeAll(person, { type: firms, id: row?.to_hubspot_id ?? "" });
  for (let index = 0; index < 5; index++) {
    const id = portal.nextRecordId();
    portal.store(firms).create(id, { hs_object_id: id }, 0);
    portal.associations.add(person, { type: firms, id }, plain, plain);
  }
  portal.associations.add(person, { type: firms, id: row?.to_hubspot_id ?? "" }, plain, plain);
  await world.links([["a", null]]);
  expect(await world.associate("two")).toMatchObject({ removed: 1 });
  expect([world.calls("read"), world.calls("archive")]).toEqual([3, 1]);
});

test("removals that came up after the plan are held", async () => {
  const world = await associationFixture({
    contacts: { guards: { max_removed_fraction: 0, floor_rows: 0 } },
  });
  await world.links([["a", "f1"]]);
  await world.associate("one");
  await world.links([["a", null]]);
  await expect(world.associate("two")).rejects.toMatchObject({ code: "RETL_HELD_REMOVED_ASSOCIATIONS" });
  expect(world.held()).toEqual(["a-f1"]);
  expect(await world.associate("three", { allowedRemovals: 1 })).toMatchObject({ removed: 1 });
});

test("a dry run counts what would be associated, and asks for no step that does it", async () => {
  const world = await associationFixture();
  await world.links([
    ["a", "f1"],
    ["b", "f1"],
    ["c", "f2"],
  ]);
  await world.associate("one");
  await world.links([
    ["a", "f2"],
    ["b", null],
    ["c", "f2"],
    ["d", "f1"],
  ]);
  await world.sql("update retl.employees_sync_state set hubspot_id = null where employee_id = 'd'");
  const params = { resync: "changes", approve: null } as const;
  const shown = await planChanges(world.warehouse, world.sync, "two", { ...params, dry_run: true });
  const associations = { to_create: 1, to_remove: 2, waiting: 1, target_missing: 0, refused: 0 };
  expect(shown).toMatchObject({ associations, associate: false });
  expect(
    await planChanges(world.warehouse, world.sync, "three", { ...params, dry_run: false }),
  ).toMatchObject({
    associations,
    associate: true,
    plan_id: shown.plan_id,
  });
});

test("two copies of the step at the same time both end well, and every association is made", async () => {
  const world = await associationFixture();
  await world.links(links(2_500, (index) => `f${index % 7}`));
  const session = await world.anotherSession();
  const slow = (hubspot: Parameters<NonNullable<Attempt["through"]>>[0]) => ({
    ...hubspot,
    async write(call: Parameters<typeof hubspot.write>[0]) {
      const answer = await hubspot.write(call);
      await new Promise((resolve) => setTimeout(resolve, 200));
      return answer;
    },
  });
  const [one, two] = await Promise.all([
    world.associate("one"),
    world.associate("one", { session, through: slow }),
  ]);
  expect(one.unknown + two.unknown + one.deferred + two.deferred).toBe(0);
  expect(world.held()).toHaveLength(2_500);
  const [open] = await world.sql(
    "select count(*) as owed from retl.employees_sync_associations where operation is not null or acknowledged_at is null or in_doubt",
  );
  expect(open?.owed).toBe("0");
});
