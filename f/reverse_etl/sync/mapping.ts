import { createHash } from "node:crypto";
import type { ColumnKind, Dialect } from "../warehouse/dialect.ts";
import { quoteLiteral } from "../warehouse/identifier.ts";
import { RetlError } from "./error.ts";
import { type IdCase, idCaseOf, idText } from "./id_text.ts";
import { matchingOf, operationsOf } from "./operation_mode.ts";
import type { ValueKind } from "./preflight.ts";
import type { Scope } from "./statement.ts";
import { suppressionList } from "./suppression_list.ts";
import { requireList } from "./suppressions.ts";
import type { SyncConfig } from "./sync_config.ts";
import type { SyncSession } from "./sync_session.ts";
import { unfitValue } from "./unfit_value.ts";

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
  readonly idCase: IdCase;
  /** The property that the ids are values of; null when they are HubSpot record ids. */
  readonly idProperty: string | null;
  /** False where HubSpot has to be sent every mapped property or none: contacts by email. */
  readonly isPartial: boolean;
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
 * Throws `RETL_SOURCE_MISSING` without a source table and `RETL_SOURCE_COLUMN` with every problem of the mapping, and both for the list of
 * suppressions.
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
  const list = suppressionList(config);
  if (list !== null) await requireList(session, list);
  mapped.sort((a, b) => (a.property < b.property ? -1 : 1));
  const idCase = idCaseOf(config.match_property);
  return {
    columns: mapped,
    idColumn: config.unique_id_col,
    idCase,
    idProperty: config.match_property ?? null,
    isPartial: config.match_property !== "email",
    version: versionOf(mapped, config),
  };
}

function versionOf(columns: readonly MappedColumn[], config: SyncConfig): string {
  const parts = columns.map((column) => [
    column.property,
    column.column.toLowerCase(),
    column.kind,
    column.whenNull,
  ]);
  // Rows that `on_changed: leave` left alone are looked at again once it says otherwise.
  const left = operationsOf(config).changed === "leave" ? ["leave"] : [];
  return createHash("sha256")
    .update(JSON.stringify([matchingOf(config.operation_mode), parts, ...left]))
    .digest("hex")
    .slice(0, 16);
}

/**
 * The SQL that turns source rows into ids, hashes and property texts.
 *
 * The row hash is taken over the columns as they are, not over their text: equal values have equal texts, so an
 * unchanged row is recognised without making any text; a differing hash only makes the row a candidate.
 */
export function mappingScope(mapping: Mapping, dialect: Dialect): Scope {
  const names = mapping.columns.map(({ property }) => property);
  const acknowledged = dialect.properties("c.known_payload", names, "acknowledged");
  const columns = mapping.columns.map((column, index) => {
    const alias = `c${index}`;
    const text = dialect.textOf(`c.${alias}`, column.kind);
    const before = acknowledged.text[column.property] ?? "null";
    return {
      property: column.property,
      alias,
      raw: dialect.identifier(column.column),
      text: column.whenNull === "clear" ? `coalesce(${text}, '')` : text,
      before,
      differs: `${alias} is distinct from ${before}`,
      isKept: column.whenNull === "keep",
    };
  });
  const kept = columns.filter(({ isKept }) => isKept);
  const texts = mapping.columns.map(({ property, kind }, index) => ({ property, kind, text: `c${index}` }));
  const key = dialect.identifier(mapping.idColumn);
  const idOfSource = `cast(${key} as varchar)`;
  const hash = dialect.hash([quoteLiteral(mapping.version), ...columns.map(({ raw }) => raw)]);
  const values = columns.map(({ property, alias }) => [property, alias] as const);
  const changed = mapping.isPartial
    ? dialect.object(
        columns.map(({ property, alias, differs }) => [property, `case when ${differs} then ${alias} end`]),
      )
    : `case when ${columns.map(({ differs, alias, isKept }) => (isKept ? `(${alias} is not null and ${differs})` : differs)).join(" or ")} then whole else ${dialect.object([])} end`;
  return {
    source_id: idText(idOfSource, mapping.idCase),
    source_id_text: idOfSource,
    id_of_text: idText("s.id_text", mapping.idCase),
    source_hash: dialect.hashText(hash),
    source_hash_key: hash,
    // Most ids are written as they are kept, so the comparison need not make them; of those whose case is not kept, many are not.
    source_id_key: dialect.idKey(
      mapping.idCase === "keep" ? "s.id_text" : idText("s.id_text", mapping.idCase),
    ),
    state_id_key: dialect.idKey(`t.${key}`),
    state_hash_key: dialect.hashOfText("t.row_hash"),
    hash_text: dialect.hashText("u.hash_key"),
    state_row: dialect.rowAddress("t", key),
    columns: columns.map(({ alias, raw, text }) => ({ alias, raw, text })),
    acknowledged: acknowledged.all,
    whole: kept.length === 0 ? dialect.fullObject(values) : dialect.object(values),
    unfit: unfitValue(texts, mapping.idProperty, dialect),
    payload: `case when reason = 'changed' then ${changed} else whole end`,
    desired: kept.length === 0 ? "whole" : desiredOf(columns, dialect),
    // The properties that a NULL of the source leaves alone; a repeated request must leave them alone, too.
    kept:
      kept.length === 0
        ? `cast(null as ${dialect.types.json})`
        : dialect.object(
            kept.map(({ property, alias }) => [property, `case when ${alias} is null then '' end`]),
          ),
    cleared: dialect.fullObject(columns.map(({ property }) => [property, "''"])),
  };
}

/** A kept NULL leaves what HubSpot acknowledged before, except in doubt, where nobody knows what that is. */
function desiredOf(
  columns: readonly { property: string; alias: string; before: string; isKept: boolean }[],
  dialect: Dialect,
): string {
  const values = columns.map(
    ({ property, alias, before, isKept }) =>
      [
        property,
        isKept ? `coalesce(${alias}, case when reason <> 'in_doubt' then ${before} end)` : alias,
      ] as const,
  );
  const someAreNull = columns.filter(({ isKept }) => isKept).map(({ alias }) => `${alias} is null`);
  return `case when ${someAreNull.join(" or ")} then ${dialect.object(values)} else whole end`;
}
