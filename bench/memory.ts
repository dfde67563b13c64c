import { startSimulatorProcess } from "../local/demo/simulator_process.ts";
import { DEFAULT_TOKEN } from "../local/hubspot_simulator/settings.ts";
import {
  type RunningSnowflake,
  startSnowflakeEmulator,
} from "../local/snowflake_emulator/snowflake_emulator.ts";
import { bundleWorker } from "./bundled_worker.ts";
import { PORTAL, planPush } from "./push_plan.ts";
import type { WorkerFigures } from "./push_work.ts";
import { startWorker, type WorkerRuntime } from "./worker_process.ts";

export interface MemoryFigures {
  readonly changes: number;
  /** Largest resident set of the push process, in MB (10^6 bytes). */
  readonly peakRss_MB: number;
  readonly runtime: WorkerRuntime;
  readonly seconds: number;
  readonly rowsPerSecond: number;
  /**
   * Seconds in which something of the kind was going on or waited for the session, which takes one statement at a time; they overlap, so they
   * add up to more than `seconds`.
   */
  readonly where: {
    readonly hubspot_s: number;
    readonly reading_s: number;
    readonly journal_s: number;
    readonly ownCpu_s: number;
  };
}

/** No limit that is ever met: the simulator's, and the sync's own. */
const UNLIMITED = { calls: 1_000_000, windowMs: 1_000 } as const;
const RATE = { calls: 10_000, window_seconds: 1 } as const;

/**
 * Pushes each number of changes in a process of its own, with the warehouse and HubSpot in others, and without limit or latency.
 * `say` is told what goes on.
 */
export async function benchMemory(
  sizes: readonly number[],
  runtime: WorkerRuntime,
  say: (what: string) => void,
): Promise<MemoryFigures[]> {
  const bundle = await bundleWorker("timed_worker.ts");
  const emulator = await startSnowflakeEmulator();
  try {
    const figures: MemoryFigures[] = [];
    for (const changes of sizes) {
      say(`planning ${changes} changes`);
      const measured = await pushAll(emulator, bundle.path, runtime, changes, say);
      if (measured.acknowledged !== changes)
        throw new Error(`${measured.acknowledged} of ${changes} changes were acknowledged`);
      figures.push(figuresOf(changes, runtime, measured));
    }
    return figures;
  } finally {
    await emulator.close();
    bundle.remove();
  }
}

async function pushAll(
  emulator: RunningSnowflake,
  script: string,
  runtime: WorkerRuntime,
  changes: number,
  say: (what: string) => void,
): Promise<WorkerFigures> {
  const warehouse = emulator.resource(`BENCH_${changes}`);
  const { sync, plan } = await planPush(warehouse, changes, RATE);
  const simulator = await startSimulatorProcess({
    options: { ...PORTAL, burst: UNLIMITED, daily: { calls: 1_000_000 } },
  });
  const worker = await startWorker(script, runtime);
  try {
    say(`pushing ${changes} changes`);
    worker.start({
      pusher: "tailrace",
      warehouse,
      hubspot: { token: DEFAULT_TOKEN, base_url: simulator.url },
      sync,
      run_id: plan.run_id,
      token: plan.token ?? "",
      batch: { number: 1, first_seq: 1, last_seq: changes, rate_share: 1 },
    });
    const measured = await worker.ended;
    if (measured === null) throw new Error("the worker ended without its figures");
    return measured;
  } finally {
    worker.kill();
    await simulator.stop();
  }
}

function figuresOf(
  changes: number,
  runtime: WorkerRuntime,
  { peakRss, seconds, cpu, busy }: WorkerFigures,
): MemoryFigures {
  const round = (value: number) => Number(value.toPrecision(3));
  return {
    changes,
    peakRss_MB: Math.round(peakRss / 1e6),
    runtime,
    seconds: round(seconds),
    rowsPerSecond: Math.round(changes / seconds),
    where: {
      hubspot_s: round(busy.hubspot),
      reading_s: round(busy.reading),
      journal_s: round(busy.journal),
      ownCpu_s: round(cpu),
    },
  };
}
