import { type QuotedIdentifier, quoteIdentifier, quoteLiteral } from "./identifier.ts";

/** What a warehouse column turns out to be, and so how its text is made. */
export type ColumnKind =
  | "text"
  | "integer"
  | "decimal"
  | "float"
  | "date"
  | "datetime"
  | "zoned_datetime"
  | "bool"
  | "list";

export interface Unfolded {
  /** A table expression; it may follow `from` or `cross join`, where it sees the tables before it. */
  readonly from: string;
  readonly field: Readonly<Record<string, string>>;
}

export interface Properties {
  readonly all: string;
  readonly text: Readonly<Record<string, string>>;
}

/** Every difference between the two SQL dialects; the statements in `sql/` are the same for both. */
export interface Dialect {
  readonly name: "duckdb" | "snowflake";
  identifier(name: string): QuotedIdentifier;
  /** Whether a name in information_schema is the one that `identifier` makes of a bound text. */
  nameIs(column: string): string;
  /** Column types of our own tables. */
  readonly types: Readonly<
    Record<"text" | "integer" | "timestamp" | "json" | "boolean" | "sparse_text" | "sparse_json", string>
  >;
  /** The database's clock as a UTC timestamp without zone. */
  readonly now: string;
  /** Keyword that makes a CTE be computed once; empty where the engine decides that itself. */
  readonly materialized: string;
  /** The kind of a column by its type in information_schema; null when Tailrace cannot send such a column. */
  columnKind(dataType: string, numericScale: string | null): ColumnKind | null;
  /** The exact text that HubSpot stores for a column of this kind; NULL stays NULL. */
  textOf(column: string, kind: ColumnKind): string;
  /** Whether a text has a control character of ASCII other than tab, line feed and carriage return. */
  hasControlCharacter(text: string): string;
  /** One hash over several values, as the engine compares it fastest; NULLs and types are told apart. */
  hash(values: readonly string[]): string;
  /** The text of such a hash, as our tables keep it. */
  hashText(hash: string): string;
  /** The hash whose text this is; NULL where it is the text of none. */
  hashOfText(text: string): string;
  /** What the engine joins ids by fastest; two ids with one key are told apart by the row hash beside it. */
  idKey(id: string): string;
  /** A sum over hashes of rows (of those for which `where` holds) that does not depend on their order, as text. */
  hashOfRows(values: readonly string[], where?: string): string;
  /** A JSON object of all the values; a NULL becomes null in DuckDB and is left out in Snowflake. */
  fullObject(entries: readonly (readonly [name: string, value: string])[]): string;
  /** A JSON object of text values that leaves out the NULL ones. */
  object(entries: readonly (readonly [name: string, value: string])[]): string;
  /** The text of one property of a JSON column; NULL when it is absent. */
  property(json: string, name: string): string;
  /** Reads properties of a JSON column all at once: what to select, and from its alias the text of each; NULL when it is absent. */
  properties(json: string, names: readonly string[], alias: string): Properties;
  /** A JSON column or expression as text. */
  jsonText(json: string): string;
  /** The text of a JSON array of the values, in that order, as an aggregate. */
  arrayText(json: string, order: string): string;
  /** A bound text as a JSON value. */
  jsonFrom(text: string): string;
  /** What finds a row of one of our tables again within a statement: its address where the engine tells one, which costs least, else its key. */
  rowAddress(table: string, key: string): string;
  addMilliseconds(timestamp: string, milliseconds: string): string;
  millisecondsBetween(from: string, to: string): string;
  /** ISO 8601 text of a timestamp column, in UTC with milliseconds. */
  timestampText(timestamp: string): string;
  /**
   * Turns a JSON array of objects into rows: what to select from, and how to reach a field of one object.
   *
   * This is how rows go from here into the warehouse: one bound text, unfolded in SQL. Snowflake's own array binds are not used. They
   * take a VALUES list only, in which PARSE_JSON is not allowed, so no `results` or `metadata` could be written; from 100,000 values
   * (snowflake-sdk 3.3.0, bind_uploader.js) the driver makes a temporary stage for them, which is DDL that a run has no right to; and
   * over the emulator's wire 1,000 rows take 9 s as array binds, 5,000 rows 0.1 s as one text.
   */
  unfold(json: string, fields: Readonly<Record<string, "text" | "json">>, alias: string): Unfolded;
  /** The n-th percentile (0..1) of a numeric column, as an aggregate. */
  percentile(column: string, fraction: number): string;
}

const pairs = (entries: readonly (readonly [name: string, value: string])[]) =>
  entries.map(([name, value]) => `${quoteLiteral(name)}, ${value}`).join(", ");

/** A number's text without trailing zeros behind the point; the kinds with a point only. Telling that there are none costs less than trimming. */
const withoutTrailingZeros = (text: string) =>
  `case when ${text} like '%0' then rtrim(rtrim(${text}, '0'), '.') else ${text} end`;

/**
 * Fixed-point form of a float, made from its shortest text, because a cast of the double itself shows digits it does not carry. Where
 * 20 digits before the point and 18 behind it are too few, it is the engine's own text, whose letters the plan refuses.
 */
const fixedPoint = (decimalOfText: string, column: string) =>
  `coalesce(${withoutTrailingZeros(`cast(${decimalOfText} as varchar)`)}, cast(${column} as varchar))`;

function hashOfRows(values: readonly string[], where = "true"): string {
  return `cast(coalesce(sum(case when ${where} then hash(${values.join(", ")}) end), 0) as varchar)`;
}

function mapFields<Kind>(
  fields: Readonly<Record<string, Kind>>,
  expression: (name: string, kind: Kind) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, kind]) => [name, expression(name, kind)]));
}

/** DuckDB has no function that leaves NULLs out of an object but a merge of two documents, which takes twice as long as writing the text. */
function withoutNulls(entries: readonly (readonly [name: string, value: string])[]): string {
  const written = entries.map(
    ([name, value]) => `${quoteLiteral(`${JSON.stringify(name)}:`)} || to_json(${value})`,
  );
  return entries.length === 0
    ? "json_object()"
    : `cast('{' || concat_ws(',', ${written.join(", ")}) || '}' as json)`;
}

export const duckdbDialect: Dialect = {
  name: "duckdb",
  identifier: (name) => quoteIdentifier(name, "keep"),
  nameIs: (column) => `lower(${column}) = lower(?)`,
  types: {
    text: "varchar",
    integer: "bigint",
    timestamp: "timestamp",
    json: "json",
    // Read for one row in a hundred, and DuckDB would decompress all of them for that.
    sparse_text: "varchar using compression uncompressed",
    sparse_json: "json using compression uncompressed",
    boolean: "boolean",
  },
  now: "cast(now() at time zone 'UTC' as timestamp)",
  materialized: "materialized",
  columnKind(dataType, numericScale) {
    const type = dataType.toUpperCase();
    if (type === "VARCHAR" || type === "UUID" || type.startsWith("ENUM")) return "text";
    if (/^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)$/.test(type)) return "integer";
    if (type.startsWith("DECIMAL")) return numericScale === "0" ? "integer" : "decimal";
    if (type === "DOUBLE" || type === "FLOAT") return "float";
    if (type === "DATE") return "date";
    if (/^TIMESTAMP(_S|_MS|_NS)?$/.test(type)) return "datetime";
    if (type === "TIMESTAMP WITH TIME ZONE") return "zoned_datetime";
    if (type === "BOOLEAN") return "bool";
    if (type === "VARCHAR[]") return "list";
    return null;
  },
  textOf(column, kind) {
    switch (kind) {
      case "text":
      case "integer":
      case "bool":
        return `cast(${column} as varchar)`;
      case "decimal":
        return withoutTrailingZeros(`cast(${column} as varchar)`);
      case "float":
        return fixedPoint(`try_cast(cast(${column} as varchar) as decimal(38, 18))`, column);
      case "date":
        return `strftime(${column}, '%Y-%m-%d')`;
      case "datetime":
        return `strftime(${column}, '%Y-%m-%dT%H:%M:%S.%gZ')`;
      case "zoned_datetime":
        return `strftime(${column} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ')`;
      case "list":
        return `array_to_string(${column}, ';')`;
    }
  },
  hasControlCharacter: (text) => `regexp_matches(${text}, '[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]')`,
  hash: (values) => `hash(${values.join(", ")})`,
  hashText: (hash) => `cast(${hash} as varchar)`,
  hashOfText: (text) => `try_cast(${text} as ubigint)`,
  idKey: (id) => `hash(${id})`,
  hashOfRows,
  fullObject: (entries) => `json_object(${pairs(entries)})`,
  object: withoutNulls,
  property: (json, name) => `(${json} ->> ${quoteLiteral(`$."${name}"`)})`,
  // A list of paths parses the document once; a path at a time parses it as often. Pointers are found a third faster than paths.
  properties: (json, names, alias) => ({
    all: `json_extract_string(${json}, [${names.map((name) => quoteLiteral(`/${name}`)).join(", ")}])`,
    text: Object.fromEntries(names.map((name, index) => [name, `${alias}[${index + 1}]`])),
  }),
  jsonText: (json) => `cast(${json} as varchar)`,
  arrayText: (json, order) => `cast(to_json(list(${json} order by ${order})) as varchar)`,
  jsonFrom: (text) => `cast(${text} as json)`,
  rowAddress: (table) => `${table}.rowid`,
  addMilliseconds: (timestamp, milliseconds) =>
    `(${timestamp} + to_milliseconds(cast(${milliseconds} as bigint)))`,
  millisecondsBetween: (from, to) => `date_diff('millisecond', ${from}, ${to})`,
  timestampText: (timestamp) => `strftime(${timestamp}, '%Y-%m-%dT%H:%M:%S.%gZ')`,
  unfold(json, fields, alias) {
    const columns = Object.entries(fields).map(
      ([name, kind]) => `"${name}":"${kind === "text" ? "VARCHAR" : "JSON"}"`,
    );
    return {
      from: `unnest(from_json(${json}, '[{${columns.join(",")}}]')) as ${alias}(entry)`,
      field: mapFields(fields, (name) => `${alias}.entry.${name}`),
    };
  },
  percentile: (column, fraction) => `quantile_cont(${column}, ${fraction})`,
};

const CONTROL_CHARACTERS = Array.from({ length: 0x20 }, (_, code) => code).filter(
  (code) => ![0x09, 0x0a, 0x0d].includes(code),
);

export const snowflakeDialect: Dialect = {
  name: "snowflake",
  identifier: (name) => quoteIdentifier(name, "upper"),
  nameIs: (column) => `${column} = upper(?)`,
  types: {
    text: "varchar",
    integer: "number(38, 0)",
    timestamp: "timestamp_ntz",
    json: "variant",
    sparse_text: "varchar",
    sparse_json: "variant",
    boolean: "boolean",
  },
  now: "sysdate()",
  materialized: "",
  columnKind(dataType, numericScale) {
    const type = dataType.toUpperCase();
    if (type === "TEXT" || type === "VARCHAR") return "text";
    if (type === "NUMBER") return numericScale === "0" ? "integer" : "decimal";
    if (type === "FLOAT") return "float";
    if (type === "DATE") return "date";
    if (type === "TIMESTAMP_NTZ") return "datetime";
    if (type === "TIMESTAMP_TZ" || type === "TIMESTAMP_LTZ") return "zoned_datetime";
    if (type === "BOOLEAN") return "bool";
    if (type === "ARRAY") return "list";
    return null;
  },
  textOf(column, kind) {
    switch (kind) {
      case "text":
      case "integer":
      case "bool":
        return `cast(${column} as varchar)`;
      case "decimal":
        return withoutTrailingZeros(`cast(${column} as varchar)`);
      case "float":
        return fixedPoint(`try_to_decimal(cast(${column} as varchar), 38, 18)`, column);
      case "date":
        return `to_char(${column}, 'YYYY-MM-DD')`;
      case "datetime":
        return `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.FF3"Z"')`;
      case "zoned_datetime":
        return `to_char(convert_timezone('UTC', ${column}), 'YYYY-MM-DD"T"HH24:MI:SS.FF3"Z"')`;
      case "list":
        return `array_to_string(${column}, ';')`;
    }
  },
  // Neither a pattern nor a literal need say what a NUL means in it.
  // Without the column's collation: translate() ignores it, and under some of them a text equals one without such characters.
  hasControlCharacter(text) {
    const plain = `collate(${text}, '')`;
    return `translate(${plain}, ${CONTROL_CHARACTERS.map((code) => `chr(${code})`).join(" || ")}, ${quoteLiteral(" ".repeat(CONTROL_CHARACTERS.length))}) <> ${plain}`;
  },
  hash: (values) => `cast(hash(${values.join(", ")}) as varchar)`,
  hashText: (hash) => hash,
  hashOfText: (text) => text,
  idKey: (id) => id,
  hashOfRows,
  fullObject: (entries) => `object_construct(${pairs(entries)})`,
  object: (entries) => `object_construct(${pairs(entries)})`,
  property: (json, name) => `cast(get(${json}, ${quoteLiteral(name)}) as varchar)`,
  properties: (json, names, alias) => ({
    all: json,
    text: Object.fromEntries(
      names.map((name) => [name, `cast(get(${alias}, ${quoteLiteral(name)}) as varchar)`]),
    ),
  }),
  jsonText: (json) => `to_json(${json})`,
  arrayText: (json, order) => `to_json(array_agg(${json}) within group (order by ${order}))`,
  jsonFrom: (text) => `parse_json(${text})`,
  rowAddress: (table, key) => `${table}.${key}`,
  addMilliseconds: (timestamp, milliseconds) =>
    `dateadd('millisecond', cast(${milliseconds} as number), ${timestamp})`,
  millisecondsBetween: (from, to) => `datediff('millisecond', ${from}, ${to})`,
  timestampText: (timestamp) => `to_char(${timestamp}, 'YYYY-MM-DD"T"HH24:MI:SS.FF3"Z"')`,
  unfold: (json, fields, alias) => ({
    from: `table(flatten(input => ${json})) as ${alias}`,
    field: mapFields(fields, (name, kind) =>
      kind === "text" ? `cast(get(${alias}.value, '${name}') as varchar)` : `get(${alias}.value, '${name}')`,
    ),
  }),
  percentile: (column, fraction) => `percentile_cont(${fraction}) within group (order by ${column})`,
};
