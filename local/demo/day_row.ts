import type { Tables } from "../../f/reverse_etl/sync/tables.ts";
import type { Row, Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";

/** What one day's runs did, from the runs' own records in the warehouse. Counts are source rows unless they say otherwise. */
export interface DayRow {
  readonly day: string;
  /** Purchases of that day. */
  readonly purchases: number;
  readonly sourceRows: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly acknowledged: number;
  readonly rejected: number;
  /** Changes without a certain answer or not sent; the next run sends them again. */
  readonly open: number;
  /** HTTP requests of the pushes, those that were refused included. */
  readonly calls: number;
  readonly rateLimited: number;
  /** Milliseconds; null without a call. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly seconds: number;
}

/** The record of a run. One that took the branch which skips the sync has none: then only the source's rows are counted. */
export async function readRunRow(
  warehouse: Warehouse,
  tables: Tables,
  runId: string,
  known: { readonly day: string; readonly purchases: number; readonly seconds: number },
): Promise<DayRow> {
  const [run] = await warehouse.query(`select * from ${tables.runs} where run_id = ?`, [runId]);
  const sourceRows =
    run === undefined
      ? countOf(
          (await warehouse.query(`select count(*) as source_rows from ${tables.source}`))[0],
          "source_rows",
        )
      : countOf(run, "rows_read");
  return {
    ...known,
    sourceRows,
    created: countOf(run, "to_create"),
    updated: countOf(run, "to_update"),
    unchanged: countOf(run, "unchanged"),
    acknowledged: countOf(run, "acknowledged"),
    rejected: countOf(run, "rejected"),
    open: countOf(run, "deferred") + countOf(run, "unknown"),
    calls: countOf(run, "calls"),
    rateLimited: countOf(run, "rate_limited_calls"),
    p50: latencyOf(run, "latency_p50_ms"),
    p95: latencyOf(run, "latency_p95_ms"),
  };
}

/** Median and 95th percentile over all calls of the runs, in milliseconds. */
export async function readLatencies(
  warehouse: Warehouse,
  tables: Tables,
  runIds: readonly string[],
): Promise<Pick<DayRow, "p50" | "p95">> {
  const { dialect } = warehouse;
  const { from, field } = dialect.unfold(dialect.jsonFrom("?"), { run_id: "text" }, "r");
  const [row] = await warehouse.query(
    `select ${dialect.percentile("latency_ms", 0.5)} as p50, ${dialect.percentile("latency_ms", 0.95)} as p95
     from ${tables.journal} where kind = 'call' and run_id in (select ${field.run_id} from ${from})`,
    [JSON.stringify(runIds.map((run_id) => ({ run_id })))],
  );
  return { p50: latencyOf(row, "p50"), p95: latencyOf(row, "p95") };
}

/** The sums over several rows; source rows, unchanged ones and open changes are those of the last, latencies of the first. */
export function sumOfRows(rows: readonly DayRow[], day: string): DayRow {
  const sum = (pick: (row: DayRow) => number) => rows.reduce((total, row) => total + pick(row), 0);
  const last = rows.at(-1);
  return {
    day,
    purchases: sum((row) => row.purchases),
    sourceRows: last?.sourceRows ?? 0,
    created: sum((row) => row.created),
    updated: sum((row) => row.updated),
    unchanged: last?.unchanged ?? 0,
    acknowledged: sum((row) => row.acknowledged),
    rejected: sum((row) => row.rejected),
    open: last?.open ?? 0,
    calls: sum((row) => row.calls),
    rateLimited: sum((row) => row.rateLimited),
    p50: rows[0]?.p50 ?? null,
    p95: rows[0]?.p95 ?? null,
    seconds: sum((row) => row.seconds),
  };
}

function countOf(row: Row | undefined, column: string): number {
  return Number(row?.[column] ?? 0);
}

function latencyOf(row: Row | undefined, column: string): number | null {
  const value = row?.[column] ?? null;
  return value === null ? null : Number(value);
}
