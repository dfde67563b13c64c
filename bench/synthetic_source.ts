import type { WarehouseSession } from "../f/reverse_etl/warehouse/warehouse.ts";

/** Twenty typed columns, as a customer table has them: counts, money, scores, dates, timestamps, texts, booleans. */
const COLUMNS: readonly (readonly [name: string, type: string, value: string])[] = [
  ...[1, 2, 3, 4, 5].map((n) => [`count_${n}`, "integer", `(hash(i, ${n}) % 1000)::integer`] as const),
  ...[1, 2, 3, 4, 5].map(
    (n) => [`money_${n}`, "decimal(12, 2)", `(hash(i, 1${n}) % 1000000 / 100)::decimal(12, 2)`] as const,
  ),
  ...[1, 2, 3].map(
    (n) => [`date_${n}`, "date", `date '2020-01-01' + (hash(i, 2${n}) % 1500)::integer`] as const,
  ),
  ...[1, 2].map(
    (n) =>
      [
        `time_${n}`,
        "timestamp",
        `timestamp '2020-01-01' + to_seconds((hash(i, 3${n}) % 100000000)::bigint)`,
      ] as const,
  ),
  ...[1, 2, 3].map((n) => [`text_${n}`, "varchar", `'value ' || (hash(i, 4${n}) % 100000)`] as const),
  ...[1, 2].map((n) => [`flag_${n}`, "boolean", `hash(i, 5${n}) % 2 = 0`] as const),
];

export const COLUMN_NAMES = COLUMNS.map(([name]) => name);

/** Makes `retl.people` with this many rows. */
export async function createSource(session: WarehouseSession, rows: number): Promise<void> {
  await session.execute("create schema if not exists retl");
  const columns = COLUMNS.map(([name, type, value]) => `(${value})::${type} as ${name}`).join(", ");
  await session.execute(
    `create or replace table retl.people as select i::varchar as person_id, ${columns} from range(${rows}) t(i)`,
  );
}

/** Changes two columns of one row in a hundred, other rows in each round. */
export async function changeSource(session: WarehouseSession, round: number): Promise<void> {
  await session.execute(
    `update retl.people set count_1 = count_1 + 1, money_1 = money_1 + 0.5 where hash(person_id, 7) % 100 = ${round % 100}`,
  );
}
