import { quoteLiteral } from "../warehouse/identifier.ts";
import type { PropertyDefinition } from "./hubspot_port.ts";
import type { MappingProblem } from "./mapping_problem.ts";
import type { Scope } from "./statement.ts";
import { cell, countOf, type SyncSession } from "./sync_session.ts";

/** Different texts of one property that are looked at. */
const MOST = 1_000;
/** Options that a problem names. */
const NAMED = 20;
/** More than this many different texts are no options but free text, which may be personal. */
const FREE_TEXT_ABOVE = 100;
/** A longer text, or one with an @, is not shown. */
const LONGEST_SHOWN = 60;

/** Where the texts of a property come from: an expression over the rows of `Rows`. */
export interface UsedProperty {
  readonly property: string;
  readonly text: string;
}

/** What the texts are read from: a table expression with what is bound in it. */
export interface Rows {
  readonly from: string;
  readonly binds: readonly string[];
}

/** The texts that a run is about to send. */
export function plannedRows(
  session: SyncSession,
  runId: string,
  names: readonly string[],
): { readonly rows: Rows; readonly properties: readonly UsedProperty[] } {
  const { dialect, tables } = session;
  return {
    rows: {
      from: `(select payload from ${tables.changes} where run_id = ? and seq > 0 and operation <> 'skip') as planned`,
      binds: [runId],
    },
    properties: names.map((property) => ({ property, text: dialect.property("payload", property) })),
  };
}

/**
 * The options that the data has and the property lacks, one problem a property, with the rows that have each; a text with several
 * options is split at `;`. One statement for all enumerations; none is sent without any.
 */
export async function missingOptions(
  session: SyncSession,
  rows: Rows,
  properties: readonly UsedProperty[],
  definitions: readonly PropertyDefinition[],
): Promise<readonly MappingProblem[]> {
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  const used = properties.flatMap(({ property, text }) => {
    const definition = byName.get(property);
    return definition?.type === "enumeration" ? [{ text, definition }] : [];
  });
  if (used.length === 0) return [];
  const found = await session.query(
    "source_options",
    used.flatMap(() => rows.binds),
    { rows: rows.from, most: `${MOST}`, columns: used.map(columnOf) },
  );
  return used.flatMap(({ definition }) => {
    const counts = new Map<string, number>();
    for (const row of found) {
      if (row.property !== definition.name) continue;
      for (const option of optionsIn(cell(row, "value"), definition)) {
        counts.set(option, (counts.get(option) ?? 0) + countOf(row, "row_count"));
      }
    }
    return counts.size === 0 ? [] : [problemOf(definition.name, counts)];
  });
}

function columnOf(
  { text, definition }: { text: string; definition: PropertyDefinition },
  index: number,
): Scope {
  return {
    property: quoteLiteral(definition.name),
    text,
    // The empty text clears the property, and NULL is in no list.
    options: ["", ...definition.options].map(quoteLiteral).join(", "),
    alias: `${index}`,
  };
}

/** The options of a text that the property does not have. */
function optionsIn(text: string, { fieldType, options }: PropertyDefinition): readonly string[] {
  const chosen = fieldType === "checkbox" ? text.split(";").filter((option) => option !== "") : [text];
  return [...new Set(chosen)].filter((option) => !options.includes(option));
}

function problemOf(property: string, counts: ReadonlyMap<string, number>): MappingProblem {
  const isFreeText = counts.size > FREE_TEXT_ABOVE;
  const listed = [...counts].sort(([, a], [, b]) => b - a);
  const named = listed
    .slice(0, NAMED)
    .map(([option, rows]) => `${shown(option)} (${rows} ${rows === 1 ? "row" : "rows"})`);
  const more = listed.length > NAMED ? ` and ${listed.length - NAMED} more` : "";
  return {
    property,
    code: "OPTION_MISSING",
    problem: isFreeText
      ? `more than ${FREE_TEXT_ABOVE} different values of the data are no options of it`
      : `the data has options that it lacks: ${named.join(", ")}${more}`,
    fix: isFreeText
      ? "Map the column to a property of type string, or bring it into the property's options in the model."
      : "Add the options in HubSpot, or bring the values into the property's options in the model.",
  };
}

function shown(option: string): string {
  return option.length > LONGEST_SHOWN || option.includes("@") ? "…" : `"${option}"`;
}
