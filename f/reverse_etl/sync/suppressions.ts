import type { Dialect } from "../warehouse/dialect.ts";
import { RetlError } from "./error.ts";
import type { NewlySuppressed } from "./guards.ts";
import { idText } from "./id_text.ts";
import type { Scope } from "./statement.ts";
import { type SuppressionList, suppressionList } from "./suppression_list.ts";
import { countOf, type SyncSession } from "./sync_session.ts";

/** Rows of Tailrace's own tables that a purge changed or deleted. */
export interface Purge {
  readonly state: number;
  readonly changes: number;
  readonly rejections: number;
  readonly associations: number;
}

/** The SQL that reads a list: its table, and the ids in it as the source's are kept. */
export function listScope(list: SuppressionList, dialect: Dialect) {
  return {
    suppressions: `${dialect.identifier(list.schema)}.${dialect.identifier(list.table)}`,
    suppressed_id: idText(`cast(${dialect.identifier(list.column)} as varchar)`, list.id_case),
  };
}

/** What the statements that leave suppressed rows out need; nothing of them is left in a statement of a sync without a list. */
export function suppressionScope({ sync, dialect, tables }: SyncSession): Scope {
  const list = suppressionList(sync.config);
  if (list === null) return { suppressing: false };
  const source_id = idText(`cast(${tables.id} as varchar)`, list.id_case);
  return { suppressing: true, source_id, ...listScope(list, dialect) };
}

/** What a list suppresses, before a purge. */
export interface Suppressed extends NewlySuppressed {
  readonly ids: number;
  /** Rows of the state, also those that are in doubt or had left the source before. */
  readonly stateRows: number;
}

/** What the list of a sync suppresses now; nothing for a sync without one. */
export async function readSuppressed(session: SyncSession): Promise<Suppressed> {
  const scope = suppressionScope(session);
  if (scope.suppressing !== true) return { ids: 0, stateRows: 0, knownRows: 0, suppressedRows: 0 };
  const [row] = await session.query("suppressions_new", [], scope);
  return {
    ids: countOf(row, "ids"),
    stateRows: countOf(row, "state_rows"),
    knownRows: countOf(row, "known"),
    suppressedRows: countOf(row, "known_suppressed"),
  };
}

/** Rows that the last plan left out for a list that has no id now: it may have been emptied by mistake. */
export async function liftedRows(session: SyncSession, runId: string): Promise<number> {
  const scope = suppressionScope(session);
  if (scope.suppressing !== true) return 0;
  const [row] = await session.query("suppressions_emptied", [session.sync.key, runId], scope);
  return countOf(row, "lifted");
}

/** The source without suppressed rows, as a table expression. */
export function sentSource({ sync, dialect, tables }: SyncSession): string {
  const list = suppressionList(sync.config);
  if (list === null) return tables.source;
  const { suppressions, suppressed_id } = listScope(list, dialect);
  const id = idText(`cast(s.${tables.id} as varchar)`, list.id_case);
  const listed = `(select distinct ${suppressed_id} as id from ${suppressions}) as listed`;
  return `(select s.* from ${tables.source} as s left join ${listed} on listed.id = ${id} where listed.id is null) as sent`;
}

/**
 * A list that cannot be read is never taken for an empty one: throws `RETL_SOURCE_MISSING` without its table and `RETL_SOURCE_COLUMN`
 * without its column or for one that cannot hold an id.
 */
export async function requireList(session: SyncSession, list: SuppressionList): Promise<void> {
  const { dialect, sync } = session;
  const name = `${list.schema}.${list.table}`;
  const rows = await session.query("source_columns", [list.schema, list.table], {
    schema_is: dialect.nameIs("table_schema"),
    table_is: dialect.nameIs("table_name"),
  });
  if (rows.length === 0) {
    throw new RetlError("RETL_SOURCE_MISSING", {
      what: `The table ${name}, the suppressions that ${sync.key} has to keep to, does not exist or the role may not see it.`,
      state: "Nothing was planned or sent.",
      next: "Build it (dbt prep), or grant SELECT on it to the role of the resource.",
    });
  }
  const row = rows.find(({ column_name }) => column_name?.toLowerCase() === list.column.toLowerCase());
  const kind = row === undefined ? null : dialect.columnKind(row.data_type ?? "", row.numeric_scale ?? null);
  if (kind === "text" || kind === "integer") return;
  const problem =
    row === undefined
      ? `${list.column} is not a column of the table`
      : `${list.column} is ${row.data_type}; an id must be a text or a whole number`;
  throw new RetlError("RETL_SOURCE_COLUMN", {
    what: `${name} does not fit the suppressions that ${sync.key} has to keep to: ${problem}. Its columns are: ${rows.map(({ column_name }) => column_name).join(", ")}.`,
    state: "Nothing was planned or sent.",
    next: "Correct suppressions in flows/ and run npm run build, or correct the model.",
    details: { problems: [problem] },
  });
}
