import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mappingScope, readMapping } from "../f/reverse_etl/sync/mapping.ts";
import { migrate } from "../f/reverse_etl/sync/migrate.ts";
import { planChanges } from "../f/reverse_etl/sync/plan.ts";
import { settleRun } from "../f/reverse_etl/sync/settle.ts";
import { parseSync } from "../f/reverse_etl/sync/sync_config.ts";
import { type CompiledSync, SyncSession } from "../f/reverse_etl/sync/sync_session.ts";
import type { Warehouse } from "../f/reverse_etl/warehouse/warehouse.ts";
import { openDuckdb } from "../local/duckdb_warehouse/duckdb_warehouse.ts";
import { acknowledgePlan } from "./acknowledge_plan.ts";
import { createSeedTable, runSeed } from "./seed_sql.ts";
import { BENCH_SYNC, changeSource, createSource } from "./synthetic_source.ts";

export interface DiffFigures {
  readonly rows: number;
  readonly runs: number;
  /** Seconds of one incremental run; the median of the last three. */
  readonly seed_s: number;
  readonly ours_s: number;
  readonly settle_s: number;
  /** A hash join that only counts the changed rows, with the same mapping and hash. */
  readonly floor_s: number;
  readonly speedup: number;
  readonly overFloor: number;
  readonly settleOverDiff: number;
  readonly firstRun_s: number;
  readonly lastRun_s: number;
}

/**
 * Times change detection on one engine and the same data: ours, the article's, and the floor, over several runs with 1 % of the rows
 * changed in each. `onRun` is told each finished run.
 */
export async function benchDiff(
  rows: number,
  runs: number,
  onRun: (run: number) => void,
): Promise<DiffFigures> {
  const folder = mkdtempSync(join(tmpdir(), "tailrace-bench-"));
  const warehouse = await openDuckdb(join(folder, "bench.duckdb"));
  try {
    const sync: CompiledSync = {
      key: "bench/people",
      job: "bench",
      code_version: "bench",
      config: parseSync(BENCH_SYNC),
    };
    await createSource(warehouse, rows);
    await migrate(warehouse, sync);
    await createSeedTable(warehouse);
    await oursOnce(warehouse, sync, "first");
    await runSeed(warehouse, 0);
    const times = {
      ours: [] as number[],
      settle: [] as number[],
      seed: [] as number[],
      floor: [] as number[],
    };
    for (let run = 1; run <= runs; run++) {
      await changeSource(warehouse, run);
      times.floor.push(await seconds(() => countChanged(warehouse, sync)));
      const { plan_s, settle_s } = await oursOnce(warehouse, sync, `run ${run}`);
      times.ours.push(plan_s);
      times.settle.push(settle_s);
      if (run > runs - 3) times.seed.push(await seconds(() => runSeed(warehouse, run)));
      else await runSeed(warehouse, run);
      onRun(run);
    }
    const recent = (list: readonly number[]) => median(list.slice(-3));
    const [ours, settle] = [recent(times.ours), recent(times.settle)];
    const [seed, floor] = [recent(times.seed), recent(times.floor)];
    return {
      rows,
      runs,
      seed_s: round(seed),
      ours_s: round(ours),
      settle_s: round(settle),
      floor_s: round(floor),
      speedup: round(seed / ours),
      overFloor: round(ours / floor),
      settleOverDiff: round(settle / ours),
      firstRun_s: round(median(times.ours.slice(0, 3))),
      lastRun_s: round(ours),
    };
  } finally {
    await warehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function oursOnce(warehouse: Warehouse, sync: CompiledSync, runId: string) {
  const params = { dry_run: false, resync: "changes", approve: null } as const;
  const started = performance.now();
  const plan = await planChanges(warehouse, sync, runId, params);
  const planned = performance.now();
  await acknowledgePlan(new SyncSession(warehouse, sync), plan);
  const pushed = performance.now();
  await settleRun(warehouse, sync, { runId, token: plan.token ?? "" }, null);
  return { plan_s: (planned - started) / 1000, settle_s: (performance.now() - pushed) / 1000 };
}

async function countChanged(warehouse: Warehouse, sync: CompiledSync): Promise<void> {
  const session = new SyncSession(warehouse, sync);
  const scope = mappingScope(await readMapping(session), session.dialect);
  await warehouse.query(
    `select count(*) as n
     from (select ${String(scope.source_id)} as id, ${String(scope.source_hash)} as row_hash from ${session.tables.source}) as s
     left join ${session.tables.state} as t on t.${session.tables.id} = s.id
     where t.row_hash is distinct from s.row_hash`,
  );
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function round(value = Number.NaN): number {
  return Number(value.toPrecision(3));
}
