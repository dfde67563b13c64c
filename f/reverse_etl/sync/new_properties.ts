import type { NewProperty, PropertyDefinition } from "./hubspot_port.ts";
import type { MappedProperty, ValueKind } from "./preflight.ts";

/** What a run may create in HubSpot, as a sync's `create_missing_properties` says it. */
export interface CreateMissing {
  /** The group of the new properties; that of the record id when absent. */
  readonly group_name?: string | undefined;
  /** Whether the match property may be created, too: as a text whose values are unique. */
  readonly match_property: boolean;
}

const TYPES: Readonly<Record<ValueKind, Pick<NewProperty, "type" | "fieldType" | "options">>> = {
  text: { type: "string", fieldType: "text" },
  number: { type: "number", fieldType: "number" },
  date: { type: "date", fieldType: "date" },
  datetime: { type: "datetime", fieldType: "date" },
  bool: {
    type: "bool",
    fieldType: "booleancheckbox",
    options: [
      { label: "True", value: "true" },
      { label: "False", value: "false" },
    ],
  },
};

/** The mapped properties that HubSpot lacks, of the type of their columns; the match property only where that is asked for. */
export function missingProperties(
  allowed: CreateMissing,
  mappings: readonly MappedProperty[],
  matchProperty: string | null,
  definitions: readonly PropertyDefinition[],
): readonly NewProperty[] {
  const known = new Set(definitions.map(({ name }) => name));
  const groupName =
    allowed.group_name ?? definitions.find(({ name }) => name === "hs_object_id")?.groupName ?? "";
  const made = (name: string, kind: ValueKind, hasUniqueValue: boolean): NewProperty => ({
    name,
    label: labelOf(name),
    ...TYPES[kind],
    groupName,
    hasUniqueValue,
  });
  const missing = mappings
    .filter(({ destination_name: name }) => !known.has(name))
    .map(({ destination_name: name, valueKind }) => made(name, valueKind, false));
  const key =
    allowed.match_property && matchProperty !== null && !known.has(matchProperty)
      ? [made(matchProperty, "text", true)]
      : [];
  return [...key, ...missing];
}

/** `first_purchase_date` → `First purchase date`. */
function labelOf(name: string): string {
  const words = name.replaceAll("_", " ").trim();
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
