import { expect, onTestFinished, test } from "vitest";
import { type Received, startScriptedServer } from "../hubspot/scripted_server.ts";
import { type AssociationWorld, associationWorld, type Employee } from "../support/association_world.ts";
import { errorOf } from "../support/flow_world.ts";
import { RecordingWarehouse } from "../warehouse/recording_warehouse.ts";

const PERSON = "person-7f3a-erased";
const FIRM = "firm-9c1d-erased";
const SCORE = 918_273_645;
const TITLE = `firm ${FIRM}`;

/** Stands between the flow and the simulator, and keeps every request. */
async function recorder(world: AssociationWorld) {
  const server = await startScriptedServer(async ({ method, path, headers, body }) => {
    const answer = await fetch(`${world.url}${path}`, {
      method,
      headers: { authorization: String(headers.authorization), "content-type": "application/json" },
      ...(method === "GET" ? {} : { body: JSON.stringify(body) }),
    });
    const limits = [...answer.headers].filter(([name]) => name.startsWith("x-hubspot"));
    return { status: answer.status, headers: Object.fromEntries(limits), body: await answer.text() };
  });
  onTestFinished(() => server.close());
  return server;
}

const naming = (requests: readonly Received[], texts: readonly string[]) =>
  requests
    .map(({ method, path, body }) => `${method} ${path} ${JSON.stringify(body)}`)
    .filter((request) => texts.some((text) => request.toLowerCase().includes(text.toLowerCase())));

/** Rows of Tailrace's own tables that have one of the texts, as `table row`. */
async function kept(world: AssociationWorld, texts: readonly string[]): Promise<string[]> {
  const tables = await world.sql(
    `select table_name from information_schema.tables
     where lower(table_schema) = 'retl' and lower(table_name) not in ('employees', 'firms', 'erased_people', 'erased_firms')`,
  );
  expect(tables.length).toBeGreaterThan(14);
  const rows = await Promise.all(
    tables.map(async ({ table_name }) =>
      (await world.sql(`select * from retl.${table_name}`)).map(
        (row) => `${table_name} ${JSON.stringify(row)}`,
      ),
    ),
  );
  return rows.flat().filter((row) => texts.some((text) => row.includes(text)));
}

test("No request has the id or the record id of a suppressed row, in any run after it was listed, and no table of Tailrace's its values", {
  timeout: 300_000,
}, async () => {
  const mirror = { operation_mode: "mirror" as const, guards: { floor_rows: 1_000 } };
  const world = await associationWorld({
    contacts: {
      ...mirror,
      suppressions: { table: "erased_people" },
      associations: [
        { to: "hubspot/companies", foreign_key: "firm_id" },
        { to: "hubspot/contacts", foreign_key: "advised_id" },
      ],
    },
    firms: { ...mirror, suppressions: { table: "erased_firms" } },
  });
  await world.sql("create table retl.erased_people (employee_id varchar)");
  await world.sql("create table retl.erased_firms (firm_id varchar)");
  const hubspot = await recorder(world);
  const resources = { "f/reverse_etl/hubspot": { token: "simulator-token", base_url: hubspot.baseUrl } };
  const run = async (args: Record<string, unknown> = {}) => {
    const ended = await world.run(args, {}, resources);
    expect(errorOf(ended)).toBeNull();
    return ended;
  };
  const person = (over: Partial<Employee> = {}): Employee => ({
    id: PERSON,
    firm: "f1",
    advised: "b",
    score: SCORE,
    ...over,
  });
  const others: readonly Employee[] = [
    { id: "b", firm: FIRM, advised: PERSON, score: 1 },
    { id: "c", firm: "f1", advised: "b", score: 2 },
    { id: "gone", firm: FIRM },
  ];
  await world.firms(["f1", FIRM]);
  await world.people([person(), ...others]);
  await run();
  const records = [await world.recordId("contacts", PERSON), await world.recordId("companies", FIRM)];
  const [personRecord = "", firmRecord = ""] = records;
  const names = [PERSON, FIRM, ...records];
  // All of its scores begin alike.
  const values = [`${SCORE}`.slice(0, -1), TITLE];
  // The search finds what is there: requests before the listing, and what the tables keep.
  for (const name of names) expect(naming(hubspot.received, [name])).not.toEqual([]);
  for (const value of values) expect((await kept(world, [value])).length).toBeGreaterThan(1);

  // HubSpot has it, and the state has it in doubt.
  await world.fault({
    match: { method: "POST", path: "/batch/upsert" },
    times: 1,
    action: { apply: "now", reply: { status: 200 } },
  });
  await world.people([person({ score: SCORE + 1 }), ...others]);
  await run();
  expect(await world.sql("select * from retl.employees_sync_state where in_doubt")).toHaveLength(1);

  await world.sql(`insert into retl.erased_people values (' ${PERSON}'), (null)`);
  await world.sql(`insert into retl.erased_firms values ('${FIRM}')`);
  const asBefore = hubspot.received.length;
  const held = await world.held();
  const rounds: readonly [people: readonly Employee[], firms: readonly string[], args: object][] = [
    [[person(), ...others], ["f1", FIRM], { dry_run: true }],
    [[person(), ...others], ["f1", FIRM], {}],
    [[person(), ...others], ["f1", FIRM], { resync: "all" }],
    [[person({ score: SCORE + 2, firm: FIRM }), ...others], ["f1", FIRM], { resync: "rejected" }],
    // Associations that are not said any more: of the others with both, and theirs; and one row that is really gone.
    [
      [person({ firm: null }), { id: "b", score: 3 }, { id: "c", firm: FIRM, advised: PERSON }],
      ["f1", FIRM],
      {},
    ],
    [
      [
        { id: "b", score: 4 },
        { id: "c", firm: "f1" },
      ],
      ["f1"],
      {},
    ],
    [
      [
        { id: "b", score: 4 },
        { id: "c", firm: "f1" },
      ],
      ["f1"],
      { resync: "all" },
    ],
    [[person(), { id: "b", score: 5, firm: FIRM }, { id: "c", firm: "f1" }], ["f1", FIRM], {}],
  ];
  for (const [people, firms, args] of rounds) {
    await world.people(people);
    await world.firms(firms);
    await run({ ...args });
    expect(naming(hubspot.received.slice(asBefore), names)).toEqual([]);
    if (!("dry_run" in args)) {
      expect(await kept(world, values)).toEqual([]);
      const withRecord = await kept(
        world,
        records.map((id) => `"${id}"`),
      );
      expect(withRecord.filter((row) => !/^\w+_sync_journal /i.test(row))).toEqual([]);
    }
  }
  // The others were worked on all the while, and what HubSpot has of the suppressed ones is as it was.
  expect(naming(hubspot.received.slice(asBefore), ["/batch/upsert"]).length).toBeGreaterThan(4);
  expect(naming(hubspot.received.slice(asBefore), ["/objects/contacts/batch/archive"])).toHaveLength(1);
  expect(await world.recordId("contacts", PERSON)).toBe(personRecord);
  expect(await world.recordId("companies", FIRM)).toBe(firmRecord);
  const touching = (list: typeof held) => list.filter(({ from, to }) => from === PERSON || to === FIRM);
  expect(touching(await world.held())).toEqual(touching(held).filter(({ from }) => from !== "gone"));
  const plans = await world.sql(
    "select rows_read, unchanged, to_create, to_update, skipped, refused from retl.retl_runs where planned_at is not null",
  );
  for (const plan of plans) {
    const [read, ...parts] = Object.values(plan).map(Number);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(read);
  }

  // The list is never empty: that would hold the run.
  await world.sql("insert into retl.erased_people values ('somebody else')");
  await world.sql(`delete from retl.erased_people where trim(employee_id) = '${PERSON}'`);
  await run();
  expect(naming(hubspot.received.slice(asBefore), [PERSON])).not.toEqual([]);
  expect(await world.sql("select * from retl.employees_sync_state")).toHaveLength(3);
});

test("A sync without a list asks the warehouse for nothing of it", async () => {
  const world = await associationWorld();
  await world.firms(["f1"]);
  await world.people([{ id: "a", firm: "f1" }]);
  const { path = "" } = world.warehouseResource as { path?: string };
  const statements = new Set<string>();
  const { resource } = new RecordingWarehouse(path, statements);
  expect(errorOf(await world.run({}, {}, { "f/reverse_etl/snowflake": resource }))).toBeNull();
  expect(statements.size).toBeGreaterThan(25);
  expect([...statements].filter((sql) => /suppress|purge/i.test(sql.replaceAll(/--.*$/gm, "")))).toEqual([]);
});
