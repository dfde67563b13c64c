import { expect, onTestFinished, test } from "vitest";
import { compareContacts } from "../../../local/demo/compare_contacts.ts";
import { readAllContacts } from "../../../local/demo/held_contacts.ts";
import { callHubSpot, type HubSpotAccess } from "../../../local/demo/hubspot_http.ts";
import { createMissingProperties, type NeededProperty } from "../../../local/demo/hubspot_properties.ts";
import { startSimulator } from "../../../local/hubspot_simulator/server.ts";
import { DEFAULT_TOKEN, type SimulatorOptions } from "../../../local/hubspot_simulator/settings.ts";

const ID: NeededProperty = { name: "shop_number", kind: "text", unique: true };
const PROPERTIES: readonly NeededProperty[] = [
  { name: "shop_spent", kind: "number", unique: false },
  { name: "shop_tier", kind: "text", unique: false },
  { name: "shop_seen", kind: "datetime", unique: false },
];
const SEEN = "1997-01-12T12:00:00.000Z";

async function portal(options: SimulatorOptions = {}): Promise<HubSpotAccess> {
  const running = await startSimulator(options);
  onTestFinished(() => running.close());
  const access = { url: running.url, token: DEFAULT_TOKEN };
  await createMissingProperties(access, [ID, ...PROPERTIES]);
  return access;
}

function create(access: HubSpotAccess, properties: Record<string, string>): Promise<unknown> {
  return callHubSpot(access, "POST", "/crm/v3/objects/contacts", { properties });
}

function customer(number: string) {
  return { shop_number: number, shop_spent: "11.5", shop_tier: "gold", shop_seen: SEEN };
}

function expected(...numbers: string[]) {
  return new Map(
    numbers.map((number) => [number, { shop_spent: "11.5", shop_tier: "gold", shop_seen: SEEN }]),
  );
}

async function compare(access: HubSpotAccess, ...numbers: string[]) {
  const names = [ID, ...PROPERTIES].map(({ name }) => name);
  return compareContacts(expected(...numbers), await readAllContacts(access, names), ID.name, PROPERTIES);
}

test("contacts that are as they must be show no difference, whatever other contacts there are", async () => {
  const access = await portal();
  await create(access, customer("00001"));
  await create(access, { email: "somebody@example.com" });
  expect(await compare(access, "00001")).toMatchObject({ contacts: 2, differences: 0, examples: [] });
});

test("a wrong value and one that should have been cleared are a difference each", async () => {
  const access = await portal();
  await create(access, { ...customer("00001"), shop_spent: "11.51" });
  await create(access, customer("00002"));
  const held = await readAllContacts(access, ["shop_number", "shop_spent", "shop_tier", "shop_seen"]);
  const wanted = new Map([
    ...expected("00001"),
    ["00002", { shop_spent: "11.5", shop_tier: "", shop_seen: SEEN }] as const,
  ]);
  const comparison = compareContacts(wanted, held, ID.name, PROPERTIES);
  expect(comparison).toMatchObject({
    differences: 2,
    differingValues: 2,
    missingContacts: 0,
    extraContacts: 0,
  });
  expect(comparison.examples).toEqual([
    'customer 00001: shop_spent is "11.51" and must be "11.5"',
    'customer 00002: shop_tier is "gold" and must be ""',
  ]);
});

test("a missing contact is a difference for each of its properties", async () => {
  const access = await portal();
  await create(access, customer("00001"));
  expect(await compare(access, "00001", "00002")).toMatchObject({ differences: 4, missingContacts: 1 });
});

test("a contact with a value of ours that is no customer's is extra", async () => {
  const access = await portal();
  await create(access, customer("00001"));
  await create(access, { shop_number: "99999" });
  await create(access, { shop_tier: "gold", shop_spent: "1" });
  expect(await compare(access, "00001")).toMatchObject({
    differences: 3,
    extraContacts: 2,
    missingContacts: 0,
  });
});

test("a second contact of one customer is extra", () => {
  const held = ["1", "2"].map((id) => ({ id, properties: customer("00001") }));
  const comparison = compareContacts(expected("00001"), held, ID.name, PROPERTIES);
  expect(comparison).toMatchObject({ differences: 4, extraContacts: 1, differingValues: 0 });
});

test("a number or a moment in another notation is the same value, another digit is not", async () => {
  const held = [
    { id: "1", properties: { ...customer("00001"), shop_spent: "11.50", shop_seen: "1997-01-12T12:00:00Z" } },
  ];
  expect(compareContacts(expected("00001"), held, ID.name, PROPERTIES).differences).toBe(0);
  const other = [{ id: "1", properties: { ...customer("00001"), shop_spent: "11.05", shop_tier: "Gold" } }];
  expect(compareContacts(expected("00001"), other, ID.name, PROPERTIES).differences).toBe(2);
});

test("all pages are read, through rate limits", async () => {
  const access = await portal({ burst: { calls: 4, windowMs: 300 } });
  const inputs = Array.from({ length: 100 }, (_, row) => row);
  for (const page of [0, 1, 2]) {
    const body = {
      inputs: inputs.map((row) => ({
        properties: customer(`${10_000 + page * 100 + row}`),
        objectWriteTraceId: `${row}`,
      })),
    };
    await callHubSpot(access, "POST", "/crm/v3/objects/contacts/batch/create", body);
  }
  await create(access, customer("00001"));
  const contacts = await readAllContacts(access, ["shop_number"]);
  expect(new Set(contacts.map(({ properties }) => properties.shop_number)).size).toBe(301);
});

test("properties are created once, and one of another type is refused by name", async () => {
  const access = await portal();
  expect(await createMissingProperties(access, [ID, ...PROPERTIES])).toEqual([]);
  const wrong: NeededProperty[] = [
    { name: "shop_tier", kind: "number", unique: false },
    { name: "shop_spent", kind: "number", unique: true },
  ];
  await expect(createMissingProperties(access, wrong)).rejects.toThrow(
    /shop_tier is of the type string, not number\n.*shop_spent is not unique/,
  );
});

test("every kind of property can be created and takes its values", async () => {
  const access = await portal();
  const kinds = ["text", "number", "date", "datetime", "bool"] as const;
  const needed = kinds.map((kind) => ({ name: `a_${kind}`, kind, unique: false }));
  expect(await createMissingProperties(access, needed)).toHaveLength(kinds.length);
  const properties = { a_text: "x", a_number: "1.5", a_date: "1997-01-01", a_datetime: SEEN, a_bool: "true" };
  await create(access, properties);
  const [contact] = await readAllContacts(access, Object.keys(properties));
  expect(contact?.properties).toMatchObject(properties);
});

test("a wrong token is told with HubSpot's own words and not tried again", async () => {
  const access = await portal();
  await expect(readAllContacts({ ...access, token: "wrong" }, ["email"])).rejects.toThrow(/401/);
});
