import { createHash } from "node:crypto";
import type { ColumnKind, Dialect } from "../warehouse/dialect.ts";
import { quoteLiteral } from "../warehouse/identifier.ts";
import { RetlError } from "./error.ts";
import type { ValueKind } from "./preflight.ts";
import type { Scope } from "./statement.ts";
import type { SyncConfig } from "./sync_config.ts";
import type { SyncSession } from "./sync_session.ts";

/** One mapped column as the warehouse has it. */
export interface MappedColumn {
  readonly property: string;
  readonly column: string;
  readonly kind: ColumnKind;
  readonly whenNull: "clear" | "keep";
}

/** A sync's mapping, resolved against the source table. */
export interface Mapping {
  readonly columns: readonly MappedColumn[];
  readonly idColumn: string;
  /** Changes when a property, its column, its kind or its null policy changes; part of every row hash, so that a changed mapping is seen in every row. */
  readonly version: string;
}

export function valueKind(kind: ColumnKind): ValueKind {
  switch (kind) {
    case "integer":
    case "decimal":
    case "float":
      return "number";
    case "datetime":
    case "zoned_datetime":
      return "datetime";
    case "list":
    case "text":
      return "text";
    default:
      return kind;
  }
}

/**
 * Reads the source's columns and resolves the mapping.
 * Throws `RETL_SOURCE_MISSING` without a source table and `RETL_SOURCE_COLUMN` with every problem of the mapping.
 */
export async function readMapping(session: SyncSession): Promise<Mapping> {
  const config = session.sync.config;
  const rows = await session.query("source_columns", [config.schema, config.current_state_tbl], {
    schema_is: session.dialect.nameIs("table_schema"),
    table_is: session.dialect.nameIs("table_name"),
  });
  if (rows.length === 0) {
    throw new RetlError("RETL_SOURCE_MISSING", {
      what: `The table ${config.schema}.${config.current_state_tbl}, the source of ${session.sync.key}, does not exist or the role may not see it.`,
      state: "Nothing was planned or sent.",
      next: "Build it (dbt prep), or grant SELECT on it to the role of the resource.",
    });
  }
  const columns = new Map(
    rows.map((row) => {
      const kind = session.dialect.columnKind(row.data_type ?? "", row.numeric_scale ?? null);
      return [(row.column_name ?? "").toLowerCase(), { kind, dataType: row.data_type ?? "?" }] as const;
    }),
  );
  const problems: string[] = [];
  const mapped: MappedColumn[] = [];
  for (const mapping of config.column_mappings) {
    const found = columns.get(mapping.snowflake_name.toLowerCase());
    if (found === undefined) {
      problems.push(
        `${mapping.snowflake_name} (for ${mapping.destination_name}) is not a column of the table`,
      );
    } else if (found.kind === null) {
      problems.push(
        `${mapping.snowflake_name} is ${found.dataType}, which has no text that HubSpot stores; cast it in the model`,
      );
    } else if (mapping.type !== undefined && valueKind(found.kind) !== mapping.type) {
      problems.push(
        `${mapping.snowflake_name} is ${found.dataType}, but the mapping of ${mapping.destination_name} says ${mapping.type}`,
      );
    } else {
      const whenNull = mapping.when_null ?? config.null_policy;
      mapped.push({
        property: mapping.destination_name,
        column: mapping.snowflake_name,
        kind: found.kind,
        whenNull,
      });
    }
  }
  const id = columns.get(config.unique_id_col.toLowerCase());
  if (id === undefined) {
    problems.push(`${config.unique_id_col} (unique_id_col) is not a column of the table`);
  } else if (id.kind !== "text" && id.kind !== "integer") {
    problems.push(
      `${config.unique_id_col} (unique_id_col) is ${id.dataType}; an id must be a text or a whole number`,
    );
  }
  if (problems.length > 0) {
    throw new RetlError("RETL_SOURCE_COLUMN", {
      what: `${config.schema}.${config.current_state_tbl} does not fit the mapping of ${session.sync.key}:\n${problems.map((line) => `  ${line}`).join("\n")}\nIts columns are: ${[...columns.keys()].join(", ")}.`,
      state: "Nothing was planned or sent.",
      next: "Correct the mapping in flows/ and run npm run build, or correct the model.",
      details: { problems },
    });
  }
  mapped.sort((a, b) => (a.property < b.property ? -1 : 1));
  return { columns: mapped, idColumn: config.unique_id_col, version: versionOf(mapped, config) };
}

function versionOf(columns: readonly MappedColumn[], config: SyncConfig): string {
  const parts = columns.map((column) => [
    column.property,
    column.column.toLowerCase(),
    column.kind,
    column.whenNull,
  ]);
  return createHash("sha256")
    .update(JSON.stringify([config.operation_mode, parts]))
    .digest("hex")
    .slice(0, 16);
}

/** Every white space of Unicode, because HubSpot trims more than blanks and two ids must not become one there. */
const WHITE_SPACE =
  " \t\n\v\f\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";

/**
 * An id without outer white space; NULL when nothing else is left. Most ids begin and end with visible ASCII, and telling that is a tenth of
 * the cost of trimming by a set of characters.
 */
function idText(text: string): string {
  const visible = (end: string) => `${end}(${text}, 1) between '!' and '~'`;
  return `nullif(case when ${visible("left")} and ${visible("right")} then ${text} else trim(${text}, ${quoteLiteral(WHITE_SPACE)}) end, '')`;
}

/**
 * The SQL that turns source rows into ids, hashes and property texts.
 *
 * The row hash is taken over the columns as they are, not over their text: equal values have equal texts, so an
 * unchanged row is recognised without making any text; a differing hash only makes the row a candidate.
 */
export function mappingScope(mapping: Mapping, dialect: Dialect): Scope {
  const columns = mapping.columns.map((column, index) => {
    const text = dialect.textOf(dialect.identifier(column.column), column.kind);
    return {
      ...column,
      alias: `c${index}`,
      text: column.whenNull === "clear" ? `coalesce(${text}, '')` : text,
      before: dialect.property("t.payload", column.property),
    };
  });
  const rawColumns = mapping.columns.map((column) => dialect.identifier(column.column));
  return {
    source_id: idText(`cast(${dialect.identifier(mapping.idColumn)} as varchar)`),
    source_hash: dialect.hash([quoteLiteral(mapping.version), ...rawColumns]),
    columns: columns.map(({ alias, text }) => ({ alias, text })),
    payload: dialect.object(
      columns.map((column) => [
        column.property,
        `case when c.reason <> 'changed' or v.${column.alias} is distinct from ${column.before} then v.${column.alias} end`,
      ]),
    ),
    // A kept NULL leaves what HubSpot acknowledged before, except in doubt, where nobody knows what that is.
    desired: dialect.object(
      columns.map((column) => [
        column.property,
        column.whenNull === "clear"
          ? `v.${column.alias}`
          : `coalesce(v.${column.alias}, case when c.reason <> 'in_doubt' then ${column.before} end)`,
      ]),
    ),
    // The properties that a NULL of the source leaves alone; a repeated request must leave them alone, too.
    kept: dialect.object(
      columns
        .filter((column) => column.whenNull === "keep")
        .map((column) => [column.property, `case when v.${column.alias} is null then '' end`]),
    ),
  };
}
