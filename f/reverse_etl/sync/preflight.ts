import { nearestName } from "../../asset_graph/nearest_name.ts";
import { RetlError } from "./error.ts";
import type { PropertyDefinition } from "./hubspot_port.ts";
import type { MappingProblem } from "./mapping_problem.ts";

/** What a mapped column turned out to hold. */
export type ValueKind = "text" | "number" | "date" | "datetime" | "bool";

export interface MappedProperty {
  readonly destination_name: string;
  readonly valueKind: ValueKind;
}

/** HubSpot property types that take the text of a kind of value (properties guide, read 2026-11). */
const TAKES: Readonly<Record<ValueKind, readonly string[]>> = {
  text: ["string", "enumeration", "phone_number", "json", "object_coordinates"],
  number: ["number", "string", "enumeration"],
  date: ["date", "datetime", "string"],
  datetime: ["datetime", "string"],
  bool: ["bool", "enumeration", "string"],
};

/** Property types that HubSpot lets be unique. */
const KEY_TYPES = ["string", "number"];

/** HubSpot keeps contacts apart by it without saying so in the definition. */
const UNIQUE_ANYWAY = "email";

/**
 * Compares a mapping with the object's property definitions and gives back every problem at once; empty when HubSpot can take
 * it. `matchProperty` is null when rows are matched by record id.
 */
export function checkMapping(
  mappings: readonly MappedProperty[],
  matchProperty: string | null,
  definitions: readonly PropertyDefinition[],
): readonly MappingProblem[] {
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  const names = definitions.filter((definition) => !definition.archived).map((definition) => definition.name);
  const problems = mappings.flatMap(({ destination_name: name, valueKind }) =>
    problemsOf(name, valueKind, byName.get(name), names),
  );
  return matchProperty === null
    ? problems
    : [...keyProblems(matchProperty, byName.get(matchProperty), names), ...problems];
}

/** Throws `RETL_HUBSPOT_MAPPING` that lists every problem of a mapping, each with its fix; `sync` is the sync's key. */
export function requireNoProblems(sync: string, problems: readonly MappingProblem[]): void {
  if (problems.length === 0) return;
  const lines = problems.map(({ property, problem, fix }) => `  ${property}: ${problem}. ${fix}`);
  throw new RetlError("RETL_HUBSPOT_MAPPING", {
    what: `HubSpot would refuse every row of ${sync}; ${problems.length === 1 ? "one property does" : `${problems.length} properties do`} not fit:\n${lines.join("\n")}\n`,
    state: "No record was written; the plan is kept.",
    next: "Correct flows/ or HubSpot and run again.",
    details: { problems },
  });
}

function problemsOf(
  property: string,
  kind: ValueKind,
  definition: PropertyDefinition | undefined,
  names: readonly string[],
): readonly MappingProblem[] {
  if (definition === undefined) return [missing(property, names, "Map to", CREATE_IT)];
  if (definition.archived) return [archived(property)];
  const problems = unwritable(definition, "Map the column to another property, or remove the mapping.");
  if (!TAKES[kind].includes(definition.type)) {
    problems.push({
      property,
      code: "PROPERTY_TYPE",
      problem: `its type ${definition.type} does not take ${kind} values`,
      fix: `Map a column that holds ${definition.type} values, or map this one to a property of type ${TAKES[kind][0]}.`,
    });
  }
  return problems;
}

function keyProblems(
  property: string,
  definition: PropertyDefinition | undefined,
  names: readonly string[],
): readonly MappingProblem[] {
  if (definition === undefined) return [missing(property, names, "Match by", CREATE_KEY)];
  if (definition.archived)
    return [{ ...archived(property), fix: "Restore it in HubSpot, or match by another property." }];
  if (property === UNIQUE_ANYWAY) return [];
  const problems = unwritable(definition, ANOTHER_KEY);
  if (!KEY_TYPES.includes(definition.type)) {
    problems.push({
      property,
      code: "PROPERTY_TYPE",
      problem: `rows are matched by it, but its type ${definition.type} does not hold ids`,
      fix: ANOTHER_KEY,
    });
  }
  if (!definition.hasUniqueValue) {
    problems.push({
      property,
      code: "KEY_NOT_UNIQUE",
      problem: "rows are matched by it, but HubSpot does not keep its values unique",
      fix: ANOTHER_KEY,
    });
  }
  return problems;
}

/** Why no value can be set, as a list of one; empty when one can. */
function unwritable({ name, calculated, readOnly }: PropertyDefinition, fix: string): MappingProblem[] {
  if (calculated) {
    const problem = "HubSpot calculates it, so no value can be set";
    return [{ property: name, code: "PROPERTY_CALCULATED", problem, fix }];
  }
  return readOnly
    ? [{ property: name, code: "PROPERTY_READ_ONLY", problem: "its value is read-only", fix }]
    : [];
}

const ANOTHER_KEY =
  "Create a text property with unique values (that can be chosen only at creation) and match by it.";

const CREATE_KEY =
  "Create it in HubSpot as a text with unique values (that can be chosen only at creation), let a run create it (create_missing_properties: { match_property: true }), or match by another property.";

const CREATE_IT =
  "Create it in HubSpot, let a run create it (create_missing_properties), or remove the mapping.";

function missing(
  property: string,
  names: readonly string[],
  use: "Map to" | "Match by",
  create: string,
): MappingProblem {
  const near = nearestName(property, names);
  return {
    property,
    code: "PROPERTY_MISSING",
    problem: "HubSpot has no property of this internal name",
    fix: near === null ? create : `${use} ${near} if that is meant. ${create}`,
  };
}

function archived(property: string): MappingProblem {
  return {
    property,
    code: "PROPERTY_ARCHIVED",
    problem: "it is archived in HubSpot",
    fix: "Restore it in HubSpot, or remove the mapping.",
  };
}
