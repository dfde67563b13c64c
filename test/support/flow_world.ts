import { join } from "node:path";
import { onTestFinished } from "vitest";
import { migrate } from "../../f/reverse_etl/sync/migrate.ts";
import type { SyncInput } from "../../f/reverse_etl/sync/sync_config.ts";
import type { Dialect } from "../../f/reverse_etl/warehouse/dialect.ts";
import type { Row, Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { registerDuckdb } from "../../local/duckdb_warehouse/duckdb_warehouse.ts";
import type { FlowEvent, FlowRun } from "../../local/flow_runner/flow_run.ts";
import { scriptsFromFolder } from "../../local/flow_runner/resolve_script.ts";
import { runFlow } from "../../local/flow_runner/run_flow.ts";
import {
  type RunningSimulator,
  type StartOptions,
  startSimulator,
} from "../../local/hubspot_simulator/server.ts";
import type { FaultRuleOptions } from "../../local/hubspot_simulator/settings.ts";
import { variablesOf, windmillWith } from "./environment_variable.ts";
import {
  compiledPeople,
  compileSync,
  contacts,
  PEOPLE_TABLE,
  type Person,
  PROPERTIES,
} from "./people_sync.ts";
import type { AtEnd } from "./temporary_folder.ts";
import { testEngine } from "./test_engine.ts";

export const TOKEN = "simulator-token";
const SCRIPTS = scriptsFromFolder(join(import.meta.dirname, "..", ".."));

/** The pauses between a step's tries are cut short; everything inside a step keeps its own time. */
const quickTimer = {
  now: () => Date.now(),
  sleep: (milliseconds: number) =>
    new Promise<void>((resolve) => setTimeout(resolve, Math.min(milliseconds, 50))),
};

export interface RunOptions {
  /** What a person chooses in Windmill's form. */
  readonly args?: Record<string, unknown>;
  /** Another declaration of the sync, against the same tables. */
  readonly sync?: SyncInput;
  /** Instead of the resource f/reverse_etl/hubspot. */
  readonly hubspot?: object;
  /** Instead of the resource f/reverse_etl/snowflake. */
  readonly warehouse?: object;
  /** More resources, by their paths. */
  readonly resources?: Readonly<Record<string, object>>;
  readonly onEvent?: (event: FlowEvent) => void;
}

/** The first of a run's errors, as Windmill shows it. */
export interface FlowError {
  readonly name: string;
  readonly message: string;
}

/** One record as the simulator's inspection shows it. */
export interface HeldRecord {
  readonly id: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** A warehouse, a HubSpot and a compiled flow between them, all real and on this machine. */
export interface FlowWorld {
  readonly hubspot: RunningSimulator;
  /** Names the warehouse: the path of a database file, or a database of an emulator. */
  readonly warehousePath: string;
  /** The resource f/reverse_etl/snowflake. */
  readonly warehouse: Readonly<Record<string, string>>;
  readonly sync: SyncInput;
  /** Replaces the rows of the source table. */
  people(list: readonly Person[]): Promise<void>;
  run(options?: RunOptions): Promise<FlowRun>;
  /** Runs as soon as no earlier run's lease is left. */
  runWhenFree(options?: RunOptions): Promise<FlowRun>;
  sql(text: string): Promise<readonly Row[]>;
  /** What HubSpot holds of the mapped properties, by person number. */
  held(): Promise<Record<string, Record<string, string>>>;
  records(): Promise<readonly HeldRecord[]>;
  /** Asks the simulator's inspection. */
  inspect<T>(path: string): Promise<T>;
  writeCalls(): Promise<number>;
  /** Adds scripted faults. */
  fault(...rules: FaultRuleOptions[]): Promise<void>;
  clearFaults(): Promise<void>;
  /** Changes settings of the running simulator. */
  configure(settings: object): Promise<void>;
}

export interface WorldOptions {
  readonly sync?: SyncInput;
  readonly simulator?: StartOptions;
  /** Null: the variable does not exist. */
  readonly environment?: string | null;
  /** Keeps the warehouse open between steps, which is faster; false where another process needs the database file. */
  readonly keepOpen?: boolean;
}

const leaseLeft = ({ now, millisecondsBetween }: Dialect) =>
  `select ${millisecondsBetween(now, "expires_at")} as milliseconds from retl.people_sync_lease where holder is not null`;
const OWN_PROPERTIES = ["score", "tier", "note"];

export async function flowWorld(
  options: WorldOptions = {},
  atEnd: AtEnd = onTestFinished,
): Promise<FlowWorld> {
  const sync = options.sync ?? contacts();
  const hubspot = await startSimulator({
    objects: [{ name: "contacts", properties: PROPERTIES }],
    ...options.simulator,
  });
  atEnd(() => hubspot.close());
  registerDuckdb();
  const engine = testEngine();
  const warehousePath = engine.emptyWarehouse(atEnd);
  const kept = options.keepOpen === false ? null : await engine.open(warehousePath);
  atEnd(() => kept?.close());
  const used = async <T>(work: (warehouse: Warehouse) => Promise<T>) => {
    const warehouse = kept ?? (await engine.open(warehousePath));
    try {
      return await work(warehouse);
    } finally {
      if (warehouse !== kept) await warehouse.close();
    }
  };
  await used(async (warehouse) => {
    // Tables of a few rows: more threads only wait for one another.
    if (warehouse.dialect.name === "duckdb") await warehouse.execute("set threads = 1");
    await migrate(warehouse, compiledPeople(sync));
    await warehouse.execute(PEOPLE_TABLE);
  });
  const environment = options.environment === undefined ? "prod" : options.environment;
  const variables = variablesOf(environment);
  const resources = {
    "f/reverse_etl/snowflake": engine.resource(warehousePath),
    "f/reverse_etl/hubspot": { token: TOKEN, base_url: hubspot.url },
    "f/reverse_etl/dbt": { backend: "none" },
  };
  const api = await windmillWith(environment, atEnd);
  const ask = (path: string, init?: RequestInit) => fetch(`${hubspot.url}/_simulator/${path}`, init);
  const tell = async (path: string, body: unknown) => {
    const answer = await ask(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(await answer.text());
  };

  const world: FlowWorld = {
    hubspot,
    warehousePath,
    warehouse: resources["f/reverse_etl/snowflake"],
    sync,
    people: (list) => used((warehouse) => replacePeople(warehouse, list)),
    async run(run = {}) {
      api.connectClient();
      const given = {
        ...resources,
        ...(run.hubspot === undefined ? {} : { "f/reverse_etl/hubspot": run.hubspot }),
        ...(run.warehouse === undefined ? {} : { "f/reverse_etl/snowflake": run.warehouse }),
        ...run.resources,
      };
      return runFlow(compileSync(run.sync ?? sync), run.args ?? {}, {
        scripts: SCRIPTS,
        resources: given,
        variables,
        environment: api.env,
        onEvent(event) {
          api.observe(event);
          run.onEvent?.(event);
        },
        timer: quickTimer,
      });
    },
    async runWhenFree(run = {}) {
      for (;;) {
        const [lease] = await used((warehouse) => warehouse.query(leaseLeft(warehouse.dialect)));
        const left = Number(lease?.milliseconds ?? 0);
        if (left > 0) await new Promise((resolve) => setTimeout(resolve, left + 5));
        const ended = await world.run(run);
        if (errorOf(ended)?.name !== "RETL_BUSY") return ended;
      }
    },
    sql: (text) => used((warehouse) => warehouse.query(text)),
    async held() {
      return Object.fromEntries(
        (await world.records()).map(({ properties }) => [
          properties.person_number,
          Object.fromEntries(
            OWN_PROPERTIES.flatMap((name) => (properties[name] ? [[name, properties[name]]] : [])),
          ),
        ]),
      );
    },
    records: async () =>
      (await world.inspect<{ records: readonly HeldRecord[] }>("records/contacts")).records,
    inspect: async <T>(path: string) => (await (await ask(path)).json()) as T,
    writeCalls: async () => (await world.inspect<{ writeCalls: number }>("counters")).writeCalls,
    fault: (...rules) => tell("faults", rules),
    async clearFaults() {
      await ask("faults", { method: "DELETE" });
    },
    configure: (settings) => tell("config", settings),
  };
  return world;
}

/** The error that a failed flow shows as its result; null for one that succeeded. */
export function errorOf(run: FlowRun): FlowError | null {
  const { error } = (run.result ?? {}) as { error?: FlowError };
  return run.success ? null : (error ?? { name: "none", message: JSON.stringify(run.result) });
}

/** One transaction, so that a run in another process never sees the table empty. */
export async function replacePeople(warehouse: Warehouse, list: readonly Person[]): Promise<void> {
  const { dialect } = warehouse;
  const fields = { id: "text", score: "text", tier: "text", note: "text", stage: "text" } as const;
  const { from, field } = dialect.unfold(dialect.jsonFrom("?"), fields, "p");
  await warehouse.transaction(async (session) => {
    await session.execute("delete from retl.people");
    await session.execute(
      `insert into retl.people (person_id, score, tier, note, stage)
       select ${field.id}, cast(${field.score} as integer), ${field.tier}, ${field.note}, ${field.stage} from ${from}`,
      [JSON.stringify(list)],
    );
  });
}
