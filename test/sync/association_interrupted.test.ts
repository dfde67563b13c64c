import { expect, test } from "vitest";
import { associationFixture, Crash, crashing } from "../support/association_fixture.ts";

for (const where of ["before", "after"] as const) {
  test(`a crash ${where} a call is answered loses nothing: what may exist is taken back when the source has changed`, async () => {
    const world = await associationFixture();
    await world.links([
      ["a", "f1"],
      ["b", "f1"],
    ]);
    await expect(world.associate("one", { through: crashing(where, 1) })).rejects.toThrow(Crash);
    expect((await world.rows()).map((row) => [row.operation, row.in_doubt, row.acknowledged])).toEqual([
      ["create", "true", "no"],
      ["create", "true", "no"],
    ]);
    await world.links([
      ["a", "f2"],
      ["b", "f1"],
    ]);
    await world.sql("update retl.employees_sync_lease set expires_at = timestamp '2020-01-01 00:00:00'");
    const report = await world.associate("two");
    expect(report).toMatchObject({ created: 2, removed: 1, unknown: 0 });
    expect(world.held()).toEqual(["a-f2", "b-f1"]);
    expect((await world.rows()).map((row) => [row.from_id, row.to_id, row.acknowledged])).toEqual([
      ["a", "f2", "yes"],
      ["b", "f1", "yes"],
    ]);
  });
}

test("a crash of a removal is gone on with by the same run", async () => {
  const world = await associationFixture();
  await world.links([
    ["a", "f1"],
    ["b", "f1"],
  ]);
  await world.associate("one");
  await world.links([
    ["a", "f2"],
    ["b", null],
  ]);
  await expect(world.associate("two", { through: crashing("after", 1) })).rejects.toThrow(Crash);
  expect(await world.associate("two")).toMatchObject({ created: 1, removed: 2 });
  expect(world.held()).toEqual(["a-f2"]);
  expect(await world.rows()).toHaveLength(1);
});

test("another run is busy while one has the lease, and takes up what is left once it has expired", async () => {
  const world = await associationFixture();
  await world.links([["a", "f1"]]);
  await expect(world.associate("one", { through: crashing("before", 1) })).rejects.toThrow(Crash);
  await expect(world.associate("two")).rejects.toMatchObject({ code: "RETL_BUSY" });
  await world.sql("update retl.employees_sync_lease set expires_at = timestamp '2020-01-01 00:00:00'");
  expect(await world.associate("two")).toMatchObject({ created: 1 });
});

test("a request that was given up has ended before its opposite is sent", async () => {
  const world = await associationFixture();
  await world.links([["a", "f1"]]);
  world.fault(
    { match: { path: "batch/create" }, nth: 1, times: 1, action: { apply: { afterMs: 600 }, reply: "hang" } },
    { match: { path: "batch/create" }, nth: 2, times: "always", action: { reply: "hang", apply: "never" } },
  );
  const crash = world.associate("one", { timeoutMs: 500, through: crashing("after", 1) });
  await expect(crash).rejects.toThrow(Crash);
  world.hubspot.simulator.faults.clear();
  await world.links([["a", null]]);
  const said: string[] = [];
  await world.associate("one", { said });
  expect(said).toEqual([
    expect.stringMatching(/^hubspot\/\w+: nothing is sent before \S+Z \(\d s\), because/),
  ]);
  expect(
    await world.sql("select not_before from retl.employees_sync_lease where not_before is not null"),
  ).toHaveLength(1);
  expect(world.held()).toEqual([]);
  expect(await world.rows()).toEqual([]);
});

test.each([
  ["the same run waits for them", "one", 1],
  // Its lease had to expire first, by when they have ended.
  ["another run does not", "two", 0],
])("requests that waited for long before they left: %s", async (_, runId, waits) => {
  const world = await associationFixture();
  await world.links([["a", "f1"]]);
  await expect(world.associate("one", { through: crashing("before", 1) })).rejects.toThrow(Crash);
  await world.sql("update retl.employees_sync_associations set sent_at = timestamp '2020-01-01 00:00:00'");
  if (runId === "two")
    await world.sql("update retl.employees_sync_lease set expires_at = timestamp '2020-01-01 00:00:00'");
  await world.links([["a", null]]);
  expect(await world.associate(runId)).toMatchObject({ removed: 1 });
  expect(
    await world.sql("select not_before from retl.employees_sync_lease where not_before is not null"),
  ).toHaveLength(waits);
});

for (const [ending, later] of [
  ["was given up and then acknowledged in another try", { created: 1, unknown: 0 }],
  ["was given up in every try", { created: 0, unknown: 1 }],
] as const) {
  test(`a request that ${ending} keeps every later run from sending until it has certainly ended`, async () => {
    const world = await associationFixture();
    await world.links([["a", "f1"]]);
    world.fault({
      match: { path: "batch/create" },
      times: later.created === 1 ? 1 : "always",
      action: { reply: { status: 503, body: {} }, apply: "never" },
    });
    expect(await world.associate("one", { patient: false })).toMatchObject(later);
    expect(
      await world.sql("select token from retl.employees_sync_lease where not_before > expires_at"),
    ).toHaveLength(1);
  });
}

test("a run whose every request was answered keeps nobody waiting", async () => {
  const world = await associationFixture();
  await world.links([["a", "f1"]]);
  await world.associate("one");
  expect(await world.sql("select token from retl.employees_sync_lease where not_before is not null")).toEqual(
    [],
  );
});

test("a run that lost its lease while a call was on its way writes nothing down", async () => {
  const world = await associationFixture();
  await world.links([["a", "f1"]]);
  const taken = world.associate("one", {
    through: (hubspot) => ({
      ...hubspot,
      async write(call) {
        await world.sql("update retl.employees_sync_lease set holder = 'two', token = token + 1");
        return hubspot.write(call);
      },
    }),
  });
  await expect(taken).rejects.toMatchObject({ code: "RETL_LEASE_LOST" });
  expect(await world.rows()).toMatchObject([{ acknowledged: "no", in_doubt: "true", operation: "create" }]);
});
