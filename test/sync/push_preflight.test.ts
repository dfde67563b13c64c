import { expect, test } from "vitest";
import type { PropertyDefinition } from "../../f/reverse_etl/sync/hubspot_port.ts";
import { checkMapping, requireNoProblems, type ValueKind } from "../../f/reverse_etl/sync/preflight.ts";

function property(name: string, type: string, over: Partial<PropertyDefinition> = {}): PropertyDefinition {
  return {
    name,
    type,
    hasUniqueValue: false,
    readOnly: false,
    calculated: false,
    archived: false,
    fieldType: "",
    groupName: "",
    options: [],
    ...over,
  };
}

const DEFINITIONS = [
  property("customer_id", "string", { hasUniqueValue: true }),
  property("email", "string"),
  property("city", "string"),
  property("score", "number"),
  property("first_purchase_date", "date"),
  property("seen_at", "datetime"),
  property("is_active", "bool"),
  property("tier", "enumeration"),
  property("hs_score", "number", { readOnly: true }),
  property("hs_sum", "number", { calculated: true, readOnly: true }),
  property("old", "string", { archived: true }),
  property("number_key", "number", { hasUniqueValue: true }),
  property("read_only_key", "string", { hasUniqueValue: true, readOnly: true }),
  property("calculated_key", "string", { hasUniqueValue: true, calculated: true, readOnly: true }),
  property("date_key", "date", { hasUniqueValue: true }),
  property("old_key", "string", { hasUniqueValue: true, archived: true }),
];

const codes = (mappings: readonly [string, ValueKind][], key: string | null) =>
  checkMapping(
    mappings.map(([destination_name, valueKind]) => ({ destination_name, valueKind })),
    key,
    DEFINITIONS,
  ).map(({ property: name, code }) => `${name} ${code}`);

test("a mapping that HubSpot takes has no problems", () => {
  const mapping: [string, ValueKind][] = [
    ["city", "text"],
    ["tier", "text"],
    ["score", "number"],
    ["first_purchase_date", "date"],
    ["seen_at", "datetime"],
    ["is_active", "bool"],
  ];
  expect(codes(mapping, "customer_id")).toEqual([]);
  expect(codes(mapping, "email")).toEqual([]);
  expect(codes(mapping, null)).toEqual([]);
});

test("every problem is reported at once", () => {
  const mapping: [string, ValueKind][] = [
    ["citty", "text"],
    ["old", "text"],
    ["hs_score", "number"],
    ["hs_sum", "text"],
    ["seen_at", "number"],
  ];
  expect(codes(mapping, "city")).toEqual([
    "city KEY_NOT_UNIQUE",
    "citty PROPERTY_MISSING",
    "old PROPERTY_ARCHIVED",
    "hs_score PROPERTY_READ_ONLY",
    "hs_sum PROPERTY_CALCULATED",
    "hs_sum PROPERTY_TYPE",
    "seen_at PROPERTY_TYPE",
  ]);
  expect(codes([], "nowhere")).toEqual(["nowhere PROPERTY_MISSING"]);
});

test("a key must be a writable text or number with unique values, each problem with its fix", () => {
  expect(codes([], "number_key")).toEqual([]);
  expect(codes([], "read_only_key")).toEqual(["read_only_key PROPERTY_READ_ONLY"]);
  expect(codes([], "calculated_key")).toEqual(["calculated_key PROPERTY_CALCULATED"]);
  expect(codes([], "date_key")).toEqual(["date_key PROPERTY_TYPE"]);
  expect(codes([], "old_key")).toEqual(["old_key PROPERTY_ARCHIVED"]);
  expect(codes([], "hs_sum")).toEqual(["hs_sum PROPERTY_CALCULATED", "hs_sum KEY_NOT_UNIQUE"]);
  expect(codes([], "tier")).toEqual(["tier PROPERTY_TYPE", "tier KEY_NOT_UNIQUE"]);
  for (const key of ["read_only_key", "calculated_key", "date_key", "city"]) {
    expect(checkMapping([], key, DEFINITIONS)[0]?.fix).toMatch(
      /^Create a text property with unique values .* match by it\.$/,
    );
  }
});

test("a missing key's fix asks for unique values, and names the nearest property to match by", () => {
  const fix = (name: string) => checkMapping([], name, DEFINITIONS)[0]?.fix;
  expect(fix("customer_i")).toMatch(
    /^Match by customer_id if that is meant\. Create it .* with unique values/,
  );
  expect(fix("nowhere")).toMatch(/^Create it .* with unique values/);
  expect(fix("old")).toBe("Restore it in HubSpot, or match by another property.");
});

test("a missing property's fix names the nearest one that exists", () => {
  const fix = (name: string) =>
    checkMapping([{ destination_name: name, valueKind: "text" }], null, DEFINITIONS)[0]?.fix;
  expect(fix("citty")).toContain("city");
  expect(fix("completely_other")).toBe(
    "Create it in HubSpot, let a run create it (create_missing_properties), or remove the mapping.",
  );
});

test("an unfit mapping is one error that lists every problem with its fix", () => {
  const mappings = ["citty", "old"].map((destination_name) => ({
    destination_name,
    valueKind: "text" as const,
  }));
  const check = () =>
    requireNoProblems("hubspot/contacts", checkMapping(mappings, "customer_id", DEFINITIONS));
  expect(check).toThrow(expect.objectContaining({ code: "RETL_HUBSPOT_MAPPING" }));
  expect(check).toThrow(/2 properties do not fit:\n {2}citty: .*city.*\n {2}old: it is archived/s);
  expect(() => requireNoProblems("hubspot/contacts", [])).not.toThrow();
});
