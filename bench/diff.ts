import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { mappingScope, readMapping } from "../f/reverse_etl/sync/mapping.ts";
import { migrate } from "../f/reverse_etl/sync/migrate.ts";
import { planChanges } from "../f/reverse_etl/sync/plan.ts";
import { settleRun } from "../f/reverse_etl/sync/settle.ts";
import { type CompiledSync, SyncSession } from "../f/reverse_etl/sync/sync_session.ts";
import type { Warehouse } from "../f/reverse_etl/warehouse/warehouse.ts";
import { openDuckdb } from "../local/duckdb_warehouse/duckdb_warehouse.ts";
import { acknowledgePlan } from "./acknowledge_plan.ts";
import { benchSync } from "./bench_sync.ts";
import { type SeedProcess, startSeed } from "./seed_process.ts";
import { COLUMN_NAMES, changeSource, createSource } from "./synthetic_source.ts";

export interface DiffFigures {
  /** Seconds of one incremental run: medians of the last ten. */
  readonly seed_s: number;
  readonly ours_s: number;
  /** A hash join that only counts the changed rows, with the same mapping and hash. */
  readonly floor_s: number;
  readonly speedup: number;
  readonly overFloor: number;
  /** Medians of the first and of the last three incremental runs. */
  readonly firstRun_s: number;
  readonly lastRun_s: number;
  /** What of their ratio is not the machine's: each divided by the floor of the same runs. */
  readonly growth: number;
  readonly settle_s: number;
  readonly settleOverDiff: number;
  /** The plan and the settling of the first, full load. */
  readonly load_s: number;
  readonly settleLoad_s: number;
  readonly rows: number;
  readonly runs: number;
}

/**
 * Times change detection on one engine and the same data: ours, the article's, and the floor, over several runs with 1 % of the rows
 * changed in each. The three take turns within each run, so that a busy machine is busy for all of them, and the file is checkpointed
 * before each, so that none pays for what another one wrote. `onRun` is told each finished run.
 */
export async function benchDiff(
  rows: number,
  runs: number,
  onRun: (run: number) => void,
): Promise<DiffFigures> {
  const folder = mkdtempSync(join(tmpdir(), "tailrace-bench-"));
  const warehouse = await openDuckdb(join(folder, "bench.duckdb"));
  let article: SeedProcess | null = null;
  try {
    const sync = benchSync(COLUMN_NAMES);
    await createSource(warehouse, rows);
    await migrate(warehouse, sync);
    const load = await oursOnce(warehouse, sync, "load");
    article = await startSeed(folder, rows);
    const times = {
      ours: [] as number[],
      settle: [] as number[],
      seed: [] as number[],
      floor: [] as number[],
    };
    for (let run = 1; run <= runs; run++) {
      await changeSource(warehouse, run);
      await warehouse.execute("checkpoint");
      // The state stays as it is until the settle, so the floor can be taken on both sides of the plan.
      const floor = () => seconds(() => countChanged(warehouse, sync));
      const before = await floor();
      const { plan_s, settle_s, between } = await oursOnce(warehouse, sync, `run ${run}`, floor);
      times.floor.push((before + between) / 2);
      times.ours.push(plan_s);
      times.settle.push(settle_s);
      await warehouse.execute("checkpoint");
      times.seed.push(await article.run(run));
      onRun(run);
    }
    const during = (from: number, to?: number) => {
      const middle = (list: readonly number[]) => median(list.slice(from, to));
      return {
        ours: middle(times.ours),
        settle: middle(times.settle),
        seed: middle(times.seed),
        floor: middle(times.floor),
      };
    };
    const [first, recent, last] = [during(0, 3), during(-10), during(-3)];
    return {
      seed_s: round(recent.seed),
      ours_s: round(recent.ours),
      floor_s: round(recent.floor),
      speedup: round(recent.seed / recent.ours),
      overFloor: round(recent.ours / recent.floor),
      firstRun_s: round(first.ours),
      lastRun_s: round(last.ours),
      growth: round(last.ours / last.floor / (first.ours / first.floor)),
      settle_s: round(recent.settle),
      settleOverDiff: round(recent.settle / recent.ours),
      load_s: round(load.plan_s),
      settleLoad_s: round(load.settle_s),
      rows,
      runs,
    };
  } finally {
    article?.stop();
    await warehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function oursOnce(
  warehouse: Warehouse,
  sync: CompiledSync,
  runId: string,
  afterPlan: () => Promise<number> = async () => 0,
) {
  const params = { dry_run: false, resync: "changes", approve: null } as const;
  await sleep(IDLE_MS);
  const started = performance.now();
  const plan = await planChanges(warehouse, sync, runId, params);
  const plan_s = (performance.now() - started) / 1000;
  const between = await afterPlan();
  await acknowledgePlan(new SyncSession(warehouse, sync), plan);
  await warehouse.execute("checkpoint");
  const settle_s = await seconds(() => settleRun(warehouse, sync, { runId, token: plan.token ?? "" }, null));
  return { plan_s, settle_s, between };
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

/** An idle thread of DuckDB gives its memory back after half a second, which costs tens of milliseconds: nothing is timed while that is due. */
const IDLE_MS = 1_000;

async function seconds(work: () => Promise<unknown>): Promise<number> {
  await sleep(IDLE_MS);
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
