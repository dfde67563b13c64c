import type { asset } from "../../../f/asset_graph/asset.ts";
import type { compile } from "../../../f/asset_graph/compile.ts";
import type { cron, job } from "../../../f/asset_graph/job.ts";
import type { validate } from "../../../f/asset_graph/validate.ts";
import type { hubspotFromResource } from "../../../f/reverse_etl/hubspot/resource.ts";
import type { reverseEtl } from "../../../f/reverse_etl/reverse_etl.ts";
import type {
  dbtModel,
  dbtPrep,
  environmentBranch,
  recordFailure,
} from "../../../f/reverse_etl/reverse_etl_job.ts";
import type { Change } from "../../../f/reverse_etl/sync/change.ts";
import type { systemClock } from "../../../f/reverse_etl/sync/clock.ts";
import type { HubSpotAnswer, WriteCall } from "../../../f/reverse_etl/sync/hubspot_port.ts";
import type { Outcome } from "../../../f/reverse_etl/sync/outcome.ts";
import type { pushBatch } from "../../../f/reverse_etl/sync/push.ts";
import type { SyncInput } from "../../../f/reverse_etl/sync/sync_config.ts";

/** Runs beside the bundles: what the library does without a warehouse. */
export interface LibraryOrder {
  readonly bundles: readonly string[];
  readonly sync: SyncInput;
  readonly hubspot: string;
  /** Answers the first request and drops the second one, which comes on the same connection. */
  readonly dropsSecond: string;
  readonly changes: readonly Change[];
  /** Servers that answer badly or not at all, and how long to wait for each. */
  readonly troubles: Readonly<Record<string, { readonly url: string; readonly timeoutMs: number }>>;
}

export interface LibraryReport {
  /** The bundles that export a `main`. */
  readonly mains: readonly string[];
  readonly flow: object;
  readonly outcomes: Readonly<Record<string, string>>;
  readonly judged: Readonly<Record<string, object>>;
  readonly dropped: object;
}

interface Library {
  readonly asset: typeof asset;
  readonly compile: typeof compile;
  readonly cron: typeof cron;
  readonly dbtModel: typeof dbtModel;
  readonly dbtPrep: typeof dbtPrep;
  readonly environmentBranch: typeof environmentBranch;
  readonly hubspotFromResource: typeof hubspotFromResource;
  readonly job: typeof job;
  readonly pushBatch: typeof pushBatch;
  readonly recordFailure: typeof recordFailure;
  readonly reverseEtl: typeof reverseEtl;
  readonly systemClock: typeof systemClock;
  readonly validate: typeof validate;
}

const TOKEN = "simulator-token";
const CALL: WriteCall = {
  objectType: "contacts",
  action: "upsert",
  inputs: [{ traceId: "t1", id: "p1", idProperty: "person_number", properties: { score: "1" } }],
};
const order = JSON.parse(process.argv[2] ?? "") as LibraryOrder;
const library: Library = await import(bundle("tailrace"));

const report: LibraryReport = {
  mains: await withMain(order.bundles),
  flow: compiled(order.sync),
  outcomes: await pushed(order.hubspot, order.changes),
  judged: await judged(order.troubles),
  dropped: await secondWrite(order.dropsSecond),
};
process.stdout.write(`${JSON.stringify(report)}\n`);

async function withMain(names: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of names) {
    const { main }: { main?: unknown } = await import(bundle(name));
    if (typeof main === "function") found.push(name);
  }
  return found;
}

/** Declares and compiles what `compileSync` of the tests' support does. */
function compiled(sync: SyncInput): object {
  const settings = { schema: "retl", warehouse: "f/reverse_etl/snowflake", dbt: "f/reverse_etl/dbt" };
  const model = library.dbtModel("retl.people");
  const compute = library.reverseEtl(sync);
  const people = library.asset({ key: "hubspot/contacts", deps: [model], compute });
  const declared = library.job({
    name: "people",
    description: "",
    assets: [model, people],
    select: "+hubspot/contacts",
    cadence: "daily",
    schedule: library.cron("0 0 0 * * *", "UTC"),
    opening: library.dbtPrep(settings),
    gate: library.environmentBranch(settings),
    onFailure: library.recordFailure(settings),
  });
  library.validate([declared]);
  return library.compile(declared, { folder: "f/reverse_etl", sources: "test" });
}

/** Pushes with a journal in memory; the last outcome of every row, by its id. */
async function pushed(base_url: string, changes: readonly Change[]): Promise<Record<string, string>> {
  const last = new Map<number, Outcome>();
  await library.pushBatch({
    sync: {
      objectType: "contacts",
      action: "upsert",
      idProperty: "person_number",
      batchSize: 4,
      callsInFlight: 2,
      patienceMs: 0,
    },
    changes: (async function* () {
      yield changes;
    })(),
    ports: {
      hubspot: library.hubspotFromResource({ token: TOKEN, base_url }, 5_000),
      permit: { beforeCall: async () => true },
      journal: {
        decided: new Set(),
        append: async (records) => {
          for (const { seq, outcome } of records.flatMap(({ results }) => results)) last.set(seq, outcome);
        },
        end: async () => {},
      },
      limiter: { acquire: async () => ({ answered: () => {}, unused: () => {} }) },
      // A pause after a lost call is cut short; everything else takes its time.
      clock: { now: library.systemClock.now, sleep: () => library.systemClock.sleep(5) },
      random: () => 0.5,
    },
  });
  return Object.fromEntries(changes.map(({ seq, id }) => [id, told(last.get(seq))]));
}

function told(outcome: Outcome | undefined): string {
  if (outcome === undefined) return "none";
  return outcome.kind === "acknowledged" ? outcome.kind : `${outcome.kind} ${outcome.code}`;
}

async function judged(troubles: LibraryOrder["troubles"]): Promise<Record<string, object>> {
  const found = Object.entries(troubles).map(async ([name, { url, timeoutMs }]) => {
    const client = library.hubspotFromResource({ token: TOKEN, base_url: url }, timeoutMs);
    const answer = await client.write(CALL);
    return [name, { ...seen(answer), verdict: client.judge(CALL, answer) }] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

async function secondWrite(base_url: string): Promise<object> {
  const client = library.hubspotFromResource({ token: TOKEN, base_url }, 10_000);
  await client.write(CALL);
  // By then the runtime has put the connection aside for the next request.
  await library.systemClock.sleep(30);
  return seen(await client.write(CALL));
}

function seen(answer: HubSpotAnswer): object {
  if (answer.kind === "answered") return { kind: answer.kind, status: answer.status };
  return { kind: answer.kind, reason: answer.reason, maybeApplied: answer.maybeApplied };
}

function bundle(name: string): string {
  return new URL(`./${name}.js`, import.meta.url).href;
}
