import { expect, onTestFinished, test } from "vitest";
import { associationsOf } from "../../f/reverse_etl/report/association_report.ts";
import { settlementOf } from "../../f/reverse_etl/report/settlement_report.ts";
import { startScriptedServer } from "../hubspot/scripted_server.ts";
import { associationWorld, type Employee } from "../support/association_world.ts";
import { errorOf } from "../support/flow_world.ts";

const PAIR = "associations/contacts/companies";
const people = (...list: [string, string | null][]): Employee[] => list.map(([id, firm]) => ({ id, firm }));

test("the first run pushes both syncs and associates their records", async () => {
  const world = await associationWorld();
  await world.firms(["f1", "f2"]);
  await world.people(people(["a", "f1"], ["b", "f2"], ["c", "f1"], ["d", null]));
  const run = await world.run();
  expect(errorOf(run)).toBeNull();
  expect(await world.held()).toEqual([
    { from: "a", to: "f1", labels: [] },
    { from: "b", to: "f2", labels: [] },
    { from: "c", to: "f1", labels: [] },
  ]);
  expect(associationsOf(run.result)).toMatchObject({
    created: 3,
    removed: 0,
    rejected: 0,
    deferred: 0,
    unknown: 0,
    codes: {},
  });
  // What was pushed stays in the run's result.
  expect(settlementOf(run.result)?.outcomes).toMatchObject({ acknowledged: 4 });
  expect(
    (await world.rows()).map(({ from_id, acknowledged, operation }) => [from_id, acknowledged, operation]),
  ).toEqual([
    ["a", "yes", null],
    ["b", "yes", null],
    ["c", "yes", null],
  ]);
  const [event] = await world.sql(
    "select kind from retl.asset_events where asset_key = 'hubspot/contacts' order by occurred_at desc limit 1",
  );
  expect(event?.kind).toBe("associated");
});

test("a run without any change asks HubSpot nothing and starts no step for the associations", async () => {
  const world = await associationWorld();
  await world.firms(["f1"]);
  await world.people(people(["a", "f1"]));
  await world.run();
  const before = (await world.counters()).calls;
  const started = await world.run();
  expect(errorOf(started)).toBeNull();
  expect((await world.counters()).calls).toBe(before);
  // The flow, the opening, the gate with its branch, the two syncs' diffs.
  expect(started.jobs).toBe(6);
});

test("a foreign key that moved takes the old association away and makes the new one, without pushing the record", async () => {
  const world = await associationWorld();
  await world.firms(["f1", "f2"]);
  await world.people(people(["a", "f1"], ["b", "f1"]));
  await world.run();
  const upserts = (await world.counters()).callsByPath["POST /crm/v3/objects/contacts/batch/upsert"];
  await world.people(people(["a", "f2"], ["b", "f1"]));
  const run = await world.run();
  expect(associationsOf(run.result)).toMatchObject({ created: 1, removed: 1 });
  expect(await world.held()).toEqual([
    { from: "a", to: "f2", labels: [] },
    { from: "b", to: "f1", labels: [] },
  ]);
  expect((await world.counters()).callsByPath["POST /crm/v3/objects/contacts/batch/upsert"]).toBe(upserts);
});

test("an association that the source no longer says is removed, and one that somebody else made stays", async () => {
  const world = await associationWorld();
  await world.firms(["f1", "f2"]);
  await world.people(people(["a", "f1"], ["b", null]));
  await world.run();
  const [from, to] = [await world.recordId("contacts", "b"), await world.recordId("companies", "f2")];
  await world.api("POST", `/crm/v4/${PAIR}/batch/create`, {
    inputs: [
      {
        from: { id: from },
        to: { id: to },
        types: [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId: 279 }],
      },
    ],
  });
  await world.people(people(["a", null], ["b", null]));
  expect(associationsOf((await world.run()).result)).toMatchObject({ created: 0, removed: 1 });
  expect(await world.held()).toEqual([{ from: "b", to: "f2", labels: [] }]);
  expect(await world.rows()).toEqual([]);
});

test("an association waits for a record that is not in HubSpot, and is made in the run that creates it", async () => {
  const world = await associationWorld();
  await world.firms(["f1"]);
  await world.people(people(["a", "f1"], ["b", "f2"]));
  expect(associationsOf((await world.run()).result)).toMatchObject({
    created: 1,
    planned: { target_missing: 1, waiting: 0 },
    codes: { ASSOCIATION_TARGET_MISSING: 1 },
  });
  await world.firms(["f1", "f2"]);
  const run = await world.run();
  expect(errorOf(run)).toBeNull();
  expect(associationsOf(run.result)).toMatchObject({ created: 1, planned: { target_missing: 0 } });
  expect(await world.held()).toEqual([
    { from: "a", to: "f1", labels: [] },
    { from: "b", to: "f2", labels: [] },
  ]);
});

test("an association whose other record was refused waits, and is counted as waiting", async () => {
  const world = await associationWorld();
  await world.firms(["f1"]);
  await world.people([
    { id: "a", firm: "f1" },
    { id: "b", firm: "f1" },
  ]);
  await world.fault({
    match: { path: "contacts/batch/upsert" },
    times: "always",
    action: {
      reply: { status: 400, body: { status: "error", category: "VALIDATION_ERROR", message: "no" } },
    },
  });
  await world.run();
  const waiting = await world.run({ dry_run: true });
  expect(errorOf(waiting)).toBeNull();
  const rows = await world.sql("select count(*) as n from retl.employees_sync_associations");
  expect(rows[0]?.n).toBe("0");
  await world.clearFaults();
  const run = await world.run({ resync: "rejected" });
  expect(associationsOf(run.result)).toMatchObject({ created: 2 });
});

test("labels are found by name, and a label that goes takes nothing else with it", async () => {
  const world = await associationWorld({
    simulator: {
      associationLabels: [
        { from: "contacts", to: "companies", label: "Advisor", typeId: 17, inverseTypeId: 18 },
      ],
    },
    contacts: {
      associations: [
        { to: "hubspot/companies", foreign_key: "firm_id", label: "Primary" },
        {
          to: "hubspot/companies",
          foreign_key: "advised_id",
          label: { category: "USER_DEFINED", type_id: 17 },
        },
      ],
    },
  });
  await world.firms(["f1", "f2"]);
  await world.people([
    { id: "a", firm: "f1", advised: "f1" },
    { id: "b", firm: "f1", advised: "f2" },
  ]);
  expect(errorOf(await world.run())).toBeNull();
  expect(await world.held()).toEqual([
    { from: "a", to: "f1", labels: ["Primary", "Advisor"] },
    { from: "b", to: "f1", labels: ["Primary"] },
    { from: "b", to: "f2", labels: ["Advisor"] },
  ]);
  await world.people([
    { id: "a", firm: "f1" },
    { id: "b", firm: "f2", advised: null },
  ]);
  const run = await world.run();
  expect(errorOf(run)).toBeNull();
  expect(associationsOf(run.result)).toMatchObject({ created: 1, removed: 3 });
  expect(await world.held()).toEqual([
    { from: "a", to: "f1", labels: ["Primary"] },
    { from: "b", to: "f2", labels: ["Primary"] },
  ]);
});

test("a label of somebody else keeps the two records associated", async () => {
  const world = await associationWorld({
    simulator: {
      associationLabels: [
        { from: "contacts", to: "companies", label: "Advisor", typeId: 17, inverseTypeId: 18 },
      ],
    },
  });
  await world.firms(["f1"]);
  await world.people(people(["a", "f1"]));
  await world.run();
  await world.api("POST", `/crm/v4/${PAIR}/batch/create`, {
    inputs: [
      {
        from: { id: await world.recordId("contacts", "a") },
        to: { id: await world.recordId("companies", "f1") },
        types: [{ associationCategory: "USER_DEFINED", associationTypeId: 17 }],
      },
    ],
  });
  await world.people(people(["a", null]));
  expect(associationsOf((await world.run()).result)).toMatchObject({ removed: 0, left: 1 });
  expect(await world.held()).toEqual([{ from: "a", to: "f1", labels: ["Advisor"] }]);
  expect(await world.rows()).toEqual([]);
});

test("of two rows that name each other, one that stops leaves what the other still says", async () => {
  const advised = [{ to: "hubspot/contacts", foreign_key: "advised_id" }];
  const guards = { max_removed_fraction: 1 };
  const world = await associationWorld({ contacts: { associations: advised, guards } });
  await world.firms(["f1"]);
  await world.people([
    { id: "a", advised: "b" },
    { id: "b", advised: "a" },
  ]);
  expect(associationsOf((await world.run()).result)).toMatchObject({ created: 2 });
  await world.people([{ id: "a" }, { id: "b", advised: "a" }]);
  expect(errorOf(await world.run())).toBeNull();
  const [a, b] = [await world.recordId("contacts", "a"), await world.recordId("contacts", "b")];
  const read = async () => {
    const path = "/crm/v4/associations/contacts/contacts/batch/read";
    const answer = await world.api("POST", path, { inputs: [{ id: b }] });
    const body = (await answer.json()) as { results: { to: { toObjectId: number | string }[] }[] };
    return body.results.flatMap(({ to }) => to.map(({ toObjectId }) => String(toObjectId)));
  };
  expect(await read()).toEqual([a]);
  expect(await world.rows()).toMatchObject([{ from_id: "b", to_id: "a", acknowledged: "yes" }]);
  await world.people([{ id: "a" }, { id: "b" }]);
  await world.run();
  expect(await read()).toEqual([]);
});

test("a label that the portal does not have fails the run with those that it has, and nothing is associated", async () => {
  const world = await associationWorld({
    contacts: { associations: [{ to: "hubspot/companies", foreign_key: "firm_id", label: "Primry" }] },
  });
  await world.firms(["f1"]);
  await world.people(people(["a", "f1"]));
  const error = errorOf(await world.run());
  expect(error?.name).toBe("RETL_ASSOCIATION_LABEL");
  expect(error?.message).toContain('as "Primry"');
  expect(error?.message).toContain("Primary (HUBSPOT_DEFINED 1)");
  expect(await world.held()).toEqual([]);
  // The lease was given back: the next run is not busy.
  expect(
    errorOf(await world.run({}, { associations: [{ to: "hubspot/companies", foreign_key: "firm_id" }] })),
  ).toBeNull();
  expect(await world.held()).toHaveLength(1);
});

test("associations that fail in every run raise one alert, which is over when they go through", async () => {
  const WEBHOOK = "f/reverse_etl/alert_webhook";
  const texts: string[] = [];
  const server = await startScriptedServer(({ body }) => {
    texts.push(String(body.text));
    return { status: 200, body: "ok" };
  });
  onTestFinished(() => server.close());
  const alerts = { webhook: WEBHOOK };
  const world = await associationWorld({ contacts: { alerts } });
  const run = (label: string) =>
    world.run(
      {},
      { associations: [{ to: "hubspot/companies", foreign_key: "firm_id", label }] },
      { [WEBHOOK]: { url: server.baseUrl } },
    );
  await world.firms(["f1"]);
  await world.people([{ id: "a", firm: "f1" }]);
  await run("Primry");
  await world.people([{ id: "a", firm: "f1", score: 2 }]);
  expect(errorOf(await run("Primry"))?.name).toBe("RETL_ASSOCIATION_LABEL");
  expect(errorOf(await run("Primry"))?.name).toBe("RETL_ASSOCIATION_LABEL");
  expect(texts).toHaveLength(1);
  expect(texts[0]).toContain("RETL_ASSOCIATION_LABEL in associate__hubspot__contacts");
  expect(errorOf(await run("Primary"))).toBeNull();
  expect(errorOf(await run("Primary"))).toBeNull();
  expect(texts).toHaveLength(2);
  expect(texts[1]).toMatch(/^Over: A run did not go through/);
});

test("a dry run shows what would be associated and changes nothing", async () => {
  const world = await associationWorld();
  await world.firms(["f1", "f2"]);
  await world.people(people(["a", "f1"], ["b", "f1"]));
  await world.run();
  await world.people(people(["a", "f2"], ["b", null]));
  const before = await world.rows();
  const run = await world.run({ dry_run: true });
  expect(errorOf(run)).toBeNull();
  expect(await world.rows()).toEqual(before);
  expect(await world.held()).toHaveLength(2);
});

test("more removals than allowed hold the run, and an approval lets exactly these through", async () => {
  const guards = { max_removed_fraction: 0.5, floor_rows: 2, max_changed_fraction: 1 };
  const world = await associationWorld({ contacts: { guards } });
  await world.firms(["f1"]);
  const staff = ["a", "b", "c", "d"];
  await world.people(staff.map((id) => ({ id, firm: "f1" })));
  await world.run();
  await world.people(staff.map((id) => ({ id, firm: id === "a" ? "f1" : null })));
  const error = errorOf(await world.run());
  expect(error?.name).toBe("RETL_HELD_REMOVED_ASSOCIATIONS");
  expect(error?.message).toContain("3 of 4 associations would be removed (75.0 %; allowed: 50.0 %)");
  expect(await world.held()).toHaveLength(4);
  const [held] = await world.sql(
    "select plan_id from retl.retl_runs where sync = 'hubspot/contacts' order by started_at desc limit 1",
  );
  const run = await world.run({ approve: held?.plan_id ?? "", select: "hubspot/contacts" });
  expect(errorOf(run)).toBeNull();
  expect(associationsOf(run.result)).toMatchObject({ removed: 3 });
  expect(await world.held()).toHaveLength(1);
});

test("the columns that hold foreign keys are checked together before anything is sent", async () => {
  const world = await associationWorld({
    contacts: {
      associations: [
        { to: "hubspot/companies", foreign_key: "firm_number" },
        { to: "hubspot/companies", foreign_key: "employer", label: "Primary" },
      ],
    },
  });
  await world.firms(["f1"]);
  await world.people(people(["a", "f1"]));
  const error = errorOf(await world.run());
  expect(error?.name).toBe("RETL_SOURCE_COLUMN");
  expect(error?.message).toContain("firm_number (foreign_key)");
  expect(error?.message).toContain("employer (foreign_key)");
  expect((await world.counters()).callsByPath["POST /crm/v3/objects/contacts/batch/upsert"]).toBeUndefined();
});
