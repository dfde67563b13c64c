import { constants } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startSimulatorProcess } from "../local/demo/simulator_process.ts";
import type { CounterReport } from "../local/hubspot_simulator/counters.ts";
import { DEFAULT_TOKEN } from "../local/hubspot_simulator/settings.ts";
import { startSnowflakeEmulator } from "../local/snowflake_emulator/snowflake_emulator.ts";
import { bundleWorker } from "./bundled_worker.ts";
import { OtherUser } from "./other_user.ts";
import { PORTAL, type PushPlan, planPush } from "./push_plan.ts";
import type { Pusher } from "./push_work.ts";
import { SLOW_KIND } from "./slow_warehouse.ts";
import { startWorker, type WorkerRuntime } from "./worker_process.ts";

export interface PushOptions {
  readonly seconds: number;
  readonly workers: number;
  /** One worker is killed half-way. */
  readonly killOne: boolean;
  /** The part of the limit that another user of the token takes, in [0, 1). */
  readonly otherUser: number;
  /** What each statement of our pushes takes longer than the emulator needs for it, in milliseconds. */
  readonly statementMs: number;
  /** What runs our pushes; the others run on Node, as their authors do. */
  readonly runtime: WorkerRuntime;
  /** Whether the others are measured, too. */
  readonly peers: boolean;
}

export interface RateFigures {
  /** The limit times the windows, less what another user of the token was granted. */
  readonly permitted: number;
  /** Calls that HubSpot accepted, from the moment at which the workers were given their batches. */
  readonly used: number;
  readonly utilisation: number;
  /** Calls answered 429. */
  readonly rateLimited: number;
  readonly rowsPerSecond: number;
}

export interface PushFigures extends RateFigures {
  readonly workers: number;
  readonly seconds: number;
  /** What the other user was granted and refused. */
  readonly otherUser: { readonly granted: number; readonly refused: number };
  readonly peers: Readonly<Partial<Record<Exclude<Pusher, "tailrace">, RateFigures>>>;
}

/** A Professional account's private app, and latencies as HubSpot's batch endpoints have them. */
const LIMIT = { calls: 190, windowMs: 10_000 } as const;
const LATENCY = { minMs: 50, maxMs: 800 } as const;

/** The peers need the whole HubSpot client, of which our bundles leave out what Tailrace does without. */
const PEER_WORKER = join(import.meta.dirname, "peer_worker.ts");

const ROWS_A_CALL = 100;

/** How much of the work more than its share a worker finds in its batch, so that none runs dry. */
const PLENTY = 2;

/** For the other user's calls to be a whole window old when the workers start. */
const OTHER_USER_AHEAD_MS = 12_000;

/** Pushes for so many seconds with real processes, a simulator and a warehouse in processes of their own. */
export async function benchPush(options: PushOptions, say: (what: string) => void): Promise<PushFigures> {
  const { seconds, workers } = options;
  const bundle = await bundleWorker("push_worker.ts");
  // The warehouse shares neither HubSpot's cores nor the workers'.
  const emulator = await startSnowflakeEmulator({ priority: constants.priority.PRIORITY_LOW });
  try {
    const calls = Math.ceil(((LIMIT.calls * seconds * 1000) / LIMIT.windowMs) * PLENTY) + workers;
    say(`planning ${calls * ROWS_A_CALL} changes`);
    const database = emulator.resource("BENCH");
    const rate = { calls: LIMIT.calls, window_seconds: LIMIT.windowMs / 1000 };
    const plan = await planPush(database, calls * ROWS_A_CALL, rate);
    const slow = { ...database, kind: SLOW_KIND, statement_ms: `${options.statementMs}` };
    const measure = (pusher: Pusher) => {
      const [script, warehouse] =
        pusher === "tailrace" ? [bundle.path, slow] : ([PEER_WORKER, database] as const);
      return pushOnce(pusher, script, plan, warehouse, options, say);
    };
    const { otherUser, ...ours } = await measure("tailrace");
    const peers: { seed_hook?: RateFigures; sdk_limiter?: RateFigures } = {};
    for (const peer of options.peers ? (["seed_hook", "sdk_limiter"] as const) : []) {
      const { otherUser: _, ...figures } = await measure(peer);
      peers[peer] = figures;
    }
    return { ...ours, workers, seconds, otherUser, peers };
  } finally {
    await emulator.close();
    bundle.remove();
  }
}

async function pushOnce(
  pusher: Pusher,
  script: string,
  { sync, plan }: PushPlan,
  warehouse: Readonly<Record<string, string>>,
  { seconds, workers, killOne, otherUser, runtime }: PushOptions,
  say: (what: string) => void,
): Promise<RateFigures & Pick<PushFigures, "otherUser">> {
  const simulator = await startSimulatorProcess({ options: { ...PORTAL, burst: LIMIT, latency: LATENCY } });
  const other =
    otherUser > 0
      ? new OtherUser(simulator.url, DEFAULT_TOKEN, otherUser, LIMIT.calls, LIMIT.windowMs)
      : null;
  const processes = [];
  try {
    say(`${pusher}: starting ${workers} processes`);
    for (let index = 0; index < workers; index++)
      processes.push(await startWorker(script, pusher === "tailrace" ? runtime : "node"));
    if (other !== null) await sleep(OTHER_USER_AHEAD_MS);
    const before = await counted(simulator.url, other);
    const callsEach = Math.floor(plan.changes / ROWS_A_CALL / workers);
    for (const [index, process] of processes.entries()) {
      const first_seq = index * callsEach * ROWS_A_CALL + 1;
      process.start({
        pusher,
        warehouse,
        hubspot: { token: DEFAULT_TOKEN, base_url: simulator.url },
        sync,
        run_id: plan.run_id,
        token: plan.token ?? "",
        batch: {
          number: index + 1,
          first_seq,
          last_seq: first_seq + callsEach * ROWS_A_CALL - 1,
          rate_share: 1 / workers,
        },
      });
    }
    const ends = performance.now() + seconds * 1000;
    const problem = Promise.race([
      ...processes.map(({ ended }, index) =>
        ended.then(() =>
          killOne && index === 0
            ? new Promise<never>(() => undefined)
            : Promise.reject(new Error("a worker ran dry")),
        ),
      ),
    ]);
    problem.catch(() => undefined);
    if (killOne) {
      await Promise.race([sleep((seconds * 1000) / 2), problem]);
      processes[0]?.kill();
      say("killed one worker");
    }
    for (let left = ends - performance.now(); left > 0; left = ends - performance.now()) {
      await Promise.race([sleep(Math.min(left, 5_000)), problem]);
      const { accepted, limited } = await counted(simulator.url, other);
      say(`${pusher}: ${accepted - before.accepted} calls accepted, ${limited - before.limited} limited`);
    }
    const after = await counted(simulator.url, other);
    const granted = after.other.granted - before.other.granted;
    const permitted = Math.round((LIMIT.calls * seconds * 1000) / LIMIT.windowMs) - granted;
    const used = after.accepted - before.accepted;
    return {
      permitted,
      used,
      utilisation: Math.round((used / permitted) * 1000) / 1000,
      rateLimited: after.limited - before.limited,
      rowsPerSecond: Math.round(((after.succeeded - before.succeeded) * ROWS_A_CALL) / seconds),
      otherUser: { granted, refused: after.other.refused - before.other.refused },
    };
  } finally {
    for (const process of processes) process.kill();
    other?.stop();
    await simulator.stop();
  }
}

/** What HubSpot counted of the workers' calls so far. */
async function counted(url: string, other: OtherUser | null) {
  const report = (await (await fetch(`${url}/_simulator/counters`)).json()) as CounterReport;
  const others = other?.calls ?? { granted: 0, refused: 0 };
  const limited = report.rateLimited - others.refused;
  return {
    accepted: report.calls - report.rateLimited - others.granted,
    limited,
    succeeded: (report.callsByStatus["200"] ?? 0) - others.granted,
    other: others,
  };
}
