import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import { type PortalClient, startPortal } from "./portal_client.ts";

const CONTACT_COMPANY = "/crm/v4/associations/contacts/companies";
const PLAIN = { associationCategory: "HUBSPOT_DEFINED", associationTypeId: 279 };
const PRIMARY = { associationCategory: "HUBSPOT_DEFINED", associationTypeId: 1 };
const ADVISOR = { associationCategory: "USER_DEFINED", associationTypeId: 17 };
const LABELS = [{ from: "contacts", to: "companies", label: "Advisor", typeId: 17, inverseTypeId: 18 }];

interface Records {
  readonly portal: PortalClient;
  readonly person: string;
  readonly firms: readonly [string, string];
}

async function records(): Promise<Records> {
  const portal = await startPortal({ associationLabels: LABELS });
  const [person = ""] = await portal.contacts({ email: "a@example.com" });
  const firm = async (name: string): Promise<string> =>
    (await portal.send("POST", "/crm/v3/objects/companies", { properties: { name } })).body.id;
  return { portal, person, firms: [await firm("one"), await firm("two")] };
}

const pair = (from: string, to: string, ...types: object[]) => ({
  from: { id: from },
  to: { id: to },
  types,
});
const labels = async (portal: PortalClient, from: string) => {
  const read = await portal.send("POST", `${CONTACT_COMPANY}/batch/read`, { inputs: [{ id: from }] });
  return (read.body.results[0]?.to ?? []).map((to: { associationTypes: { label: string | null }[] }) =>
    to.associationTypes.map(({ label }) => label),
  );
};

test("an association is seen from both sides, and what has a label is also associated without one", async () => {
  const { portal, person, firms } = await records();
  const made = await portal.send("POST", `${CONTACT_COMPANY}/batch/create`, {
    inputs: [pair(person, firms[0], ADVISOR)],
  });
  expect(made.status).toBe(201);
  expect(made.body.results).toMatchObject([
    { fromObjectId: Number(person), toObjectId: Number(firms[0]), labels: ["Advisor"] },
  ]);
  expect(await labels(portal, person)).toEqual([[null, "Advisor"]]);
  const back = await portal.send("POST", "/crm/v4/associations/companies/contacts/batch/read", {
    inputs: [{ id: firms[0] }],
  });
  expect(back.body.results[0].to[0]).toMatchObject({ toObjectId: Number(person) });
  expect(back.body.results[0].to[0].associationTypes.map(({ typeId }: { typeId: number }) => typeId)).toEqual(
    [280, 18],
  );
});

test("a contact has one primary company", async () => {
  const { portal, person, firms } = await records();
  await portal.send("POST", `${CONTACT_COMPANY}/batch/create`, { inputs: [pair(person, firms[0], PRIMARY)] });
  await portal.send("POST", `${CONTACT_COMPANY}/batch/create`, { inputs: [pair(person, firms[1], PRIMARY)] });
  expect(await labels(portal, person)).toEqual([[null], [null, "Primary"]]);
});

test("an id that does not exist is an error of its own in a 207 that names the record", async () => {
  const { portal, person, firms } = await records();
  const answer = await portal.send("POST", `${CONTACT_COMPANY}/batch/create`, {
    inputs: [pair(person, firms[0], PLAIN), pair("1", firms[0], PLAIN), pair(person, "2", PLAIN)],
  });
  expect(answer.status).toBe(207);
  expect(answer.body.results).toHaveLength(1);
  expect(answer.body.errors).toMatchObject([
    { category: "OBJECT_NOT_FOUND", context: { fromObjectId: ["1"] } },
    { category: "OBJECT_NOT_FOUND", context: { toObjectId: ["2"] } },
  ]);
});

test("a type of the opposite direction, or none, refuses the whole request and applies nothing", async () => {
  const { portal, person, firms } = await records();
  const opposite = { associationCategory: "HUBSPOT_DEFINED", associationTypeId: 280 };
  for (const types of [[opposite], []]) {
    const inputs = [pair(person, firms[0], PLAIN), pair(person, firms[1], ...types)];
    expect((await portal.send("POST", `${CONTACT_COMPANY}/batch/create`, { inputs })).status).toBe(400);
  }
  expect(await labels(portal, person)).toEqual([]);
});

test("archiving takes every label away, archiving a label only that one, and the one without a label all", async () => {
  const { portal, person, firms } = await records();
  const create = () =>
    portal.send("POST", `${CONTACT_COMPANY}/batch/create`, {
      inputs: [pair(person, firms[0], PRIMARY, ADVISOR)],
    });
  await create();
  const archived = await portal.send("POST", `${CONTACT_COMPANY}/batch/labels/archive`, {
    inputs: [pair(person, firms[0], ADVISOR)],
  });
  expect([archived.status, archived.text]).toEqual([204, ""]);
  expect(await labels(portal, person)).toEqual([[null, "Primary"]]);
  await portal.send("POST", `${CONTACT_COMPANY}/batch/labels/archive`, {
    inputs: [pair(person, firms[0], PLAIN)],
  });
  expect(await labels(portal, person)).toEqual([]);
  await create();
  const inputs = [{ from: { id: person }, to: [{ id: firms[0] }] }];
  expect((await portal.send("POST", `${CONTACT_COMPANY}/batch/archive`, { inputs })).status).toBe(204);
  // Once more, and HubSpot does not mind.
  expect((await portal.send("POST", `${CONTACT_COMPANY}/batch/archive`, { inputs })).status).toBe(204);
  const inspected = await portal.send("GET", "/_simulator/associations/contacts/companies");
  expect(inspected.body).toEqual({ count: 0, associations: [] });
});

test("a record that is archived loses its associations", async () => {
  const { portal, person, firms } = await records();
  await portal.send("POST", `${CONTACT_COMPANY}/batch/create`, { inputs: [pair(person, firms[0], PLAIN)] });
  await portal.send("DELETE", `/crm/v3/objects/companies/${firms[0]}`);
  const read = await portal.send("POST", `${CONTACT_COMPANY}/batch/read`, { inputs: [{ id: person }] });
  expect(read.status).toBe(207);
  expect(read.body.errors).toMatchObject([
    { subCategory: "crm.associations.NO_ASSOCIATIONS_FOUND", context: { fromObjectId: [person] } },
  ]);
});

test("a batch takes 2,000 associations to create, 1,000 records to read and 100 to archive", async () => {
  const { portal, person, firms } = await records();
  const many = <T>(count: number, input: T) => ({ inputs: Array.from({ length: count }, () => input) });
  const status = async (path: string, body: object) =>
    (await portal.send("POST", `${CONTACT_COMPANY}/batch/${path}`, body)).status;
  const one = pair(person, firms[0], PLAIN);
  const archived = { from: { id: person }, to: [{ id: firms[0] }] };
  expect([await status("create", many(2_000, one)), await status("create", many(2_001, one))]).toEqual([
    201, 400,
  ]);
  expect([
    await status("read", many(1_000, { id: person })),
    await status("read", many(1_001, { id: person })),
  ]).toEqual([200, 400]);
  expect([
    await status("archive", many(100, archived)),
    await status("archive", many(101, archived)),
  ]).toEqual([204, 400]);
  expect(await status("labels/archive", many(101, one))).toBe(400);
});

test("labels are listed for one direction, those of the account among them", async () => {
  const { portal } = await records();
  const answer = await portal.send("GET", `${CONTACT_COMPANY}/labels`);
  expect(answer.body.results).toEqual([
    { category: "HUBSPOT_DEFINED", typeId: 279, label: null },
    { category: "HUBSPOT_DEFINED", typeId: 1, label: "Primary" },
    { category: "USER_DEFINED", typeId: 17, label: "Advisor" },
  ]);
  const custom = await portal.send("GET", "/crm/v4/associations/contacts/subscriptions/labels");
  expect(custom.body.results).toMatchObject([{ category: "USER_DEFINED", label: null }]);
});

test("associations come back with the state file", async () => {
  const folder = temporaryFolder();
  const stateFile = join(folder, "state.jsonl");
  const first = await startPortal({ stateFile });
  const [person = ""] = await first.contacts({ email: "a@example.com" });
  const firm: string = (
    await first.send("POST", "/crm/v3/objects/companies", { properties: { name: "one" } })
  ).body.id;
  await first.send("POST", `${CONTACT_COMPANY}/batch/create`, { inputs: [pair(person, firm, PRIMARY)] });
  await first.close();
  const second = await startPortal({ stateFile });
  expect(await labels(second, person)).toEqual([[null, "Primary"]]);
});
