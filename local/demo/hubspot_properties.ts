import { callHubSpot, type HubSpotAccess } from "./hubspot_http.ts";

/** What kind of values a property holds; the words of a sync's `column_mappings[].type`. */
export type PropertyKind = "text" | "number" | "date" | "datetime" | "bool";

/** A property that the demo needs on HubSpot's contacts. */
export interface NeededProperty {
  readonly name: string;
  readonly kind: PropertyKind;
  /** Whether no two contacts may share a value: the property that contacts are matched by. */
  readonly unique: boolean;
}

const GROUP = "tailrace";
const LABEL = "Tailrace";

/** How HubSpot names each kind (properties API v3, read 2026-11). */
const DEFINITIONS = {
  text: { type: "string", fieldType: "text" },
  number: { type: "number", fieldType: "number" },
  date: { type: "date", fieldType: "date" },
  datetime: { type: "datetime", fieldType: "date" },
  bool: {
    type: "bool",
    fieldType: "booleancheckbox",
    options: [
      { label: "Yes", value: "true", displayOrder: 0, hidden: false },
      { label: "No", value: "false", displayOrder: 1, hidden: false },
    ],
  },
} as const satisfies Record<PropertyKind, object>;

/**
 * Creates the properties that contacts do not have yet, in a group of their own, and answers their names. One that is there with
 * another type, or that is not unique where it has to be, is an error that lists all of these: HubSpot cannot change either.
 */
export async function createMissingProperties(
  access: HubSpotAccess,
  needed: readonly NeededProperty[],
): Promise<readonly string[]> {
  const answer = await callHubSpot(access, "GET", "/crm/v3/properties/contacts");
  const present = new Map(resultsOf(answer).map((definition) => [String(definition.name), definition]));
  const problems = needed.flatMap((property) => problemsOf(property, present.get(property.name)));
  if (problems.length > 0) {
    throw new Error(
      `HubSpot has properties that do not fit:\n${problems.map((line) => `  ${line}`).join("\n")}`,
    );
  }
  const missing = needed.filter(({ name }) => !present.has(name));
  if (missing.length > 0) await ensureGroup(access);
  for (const property of missing) {
    await callHubSpot(access, "POST", "/crm/v3/properties/contacts", {
      name: property.name,
      label: property.name.replaceAll("_", " "),
      groupName: GROUP,
      hasUniqueValue: property.unique,
      ...DEFINITIONS[property.kind],
    });
  }
  return missing.map(({ name }) => name);
}

async function ensureGroup(access: HubSpotAccess): Promise<void> {
  const groups = resultsOf(await callHubSpot(access, "GET", "/crm/v3/properties/contacts/groups"));
  if (groups.some(({ name }) => name === GROUP)) return;
  await callHubSpot(access, "POST", "/crm/v3/properties/contacts/groups", { name: GROUP, label: LABEL });
}

function problemsOf(needed: NeededProperty, present: Record<string, unknown> | undefined): string[] {
  if (present === undefined) return [];
  const { type } = DEFINITIONS[needed.kind];
  const problems: string[] = [];
  if (present.type !== type) problems.push(`${needed.name} is of the type ${present.type}, not ${type}`);
  if (needed.unique && present.hasUniqueValue !== true) problems.push(`${needed.name} is not unique`);
  return problems;
}

function resultsOf(answer: unknown): readonly Record<string, unknown>[] {
  const { results } = (answer ?? {}) as { results?: unknown };
  return Array.isArray(results) ? results : [];
}
