import { fileURLToPath } from "node:url";
import { type Clock, systemClock } from "../../f/reverse_etl/sync/clock.ts";
import { readLease } from "../../f/reverse_etl/sync/lease.ts";
import { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import { openWarehouse, withWarehouse } from "../../f/reverse_etl/warehouse/open_warehouse.ts";
import type { Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";
import type { FlowEvent, FlowRun } from "../flow_runner/flow_run.ts";
import { isRecord } from "../flow_runner/job_result.ts";
import { scriptsFromFolder } from "../flow_runner/resolve_script.ts";
import { runFlow } from "../flow_runner/run_flow.ts";
import { startWindmillApi } from "../flow_runner/windmill_api.ts";
import type { CompiledFlow } from "./compiled_flow.ts";
import type { HubSpotAccess } from "./hubspot_http.ts";

/** The root of the repository, where Windmill's paths start. */
export const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));

export interface PipelineSettings {
  readonly compiled: CompiledFlow;
  /** The flow that makes the sync's tables. */
  readonly migrateFlow: unknown;
  /** The resource of the warehouse. */
  readonly warehouse: Readonly<Record<string, string>>;
  readonly hubspot: HubSpotAccess;
  /** The resource that `dbt_prep` gets. */
  readonly dbt: Readonly<Record<string, unknown>>;
  readonly environment: string;
  /** Whether a session may stay open between steps; dbt needs a DuckDB file closed. */
  readonly keepOpen: boolean;
  readonly onEvent: (event: FlowEvent) => void;
  /** Hears why a run waits. */
  readonly onWait: (text: string) => void;
  readonly clock?: Clock;
}

/** The compiled flow with everything that a run of it needs on this machine. */
export interface Pipeline {
  /** Makes the tables that the sync keeps, where they are missing, as Windmill would: with the job's migrate flow. */
  migrate(): Promise<void>;
  /**
   * Runs the flow once and answers the run's id, as every table of the sync has it; waits for a lease that a killed run still holds.
   * Throws when the run failed, with the run's own error.
   */
  run(): Promise<string>;
  /** Uses the warehouse between runs. */
  withWarehouse<T>(work: (warehouse: Warehouse) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A run waits for somebody else's lease this many times before it gives up: a killed run's expires in one. */
const LEASE_WAITS = 3;
/** Added to a wait for a lease: the database's clock counts whole milliseconds and the machine may be busy. */
export const LEASE_SLACK_MS = 250;

/** What the warehouse's query history says of the demo's own statements. */
const TAG = { run_id: "demo", step: "demo" };

/** Prepares runs of a compiled flow against a warehouse and a HubSpot. Throws `RETL_WAREHOUSE_LOCKED` when another process has the DuckDB file. */
export async function openPipeline(settings: PipelineSettings): Promise<Pipeline> {
  const { compiled, warehouse, clock = systemClock } = settings;
  const workspace = {
    resources: {
      [compiled.sync.config.resources.warehouse]: warehouse,
      [compiled.sync.config.resources.hubspot]: {
        token: settings.hubspot.token,
        base_url: settings.hubspot.url,
      },
      "f/reverse_etl/dbt": settings.dbt,
    },
    variables: { "f/reverse_etl/environment": settings.environment },
  };
  // A session that stays open keeps a DuckDB file open between two steps, which spares each of them DuckDB's start.
  const kept = settings.keepOpen ? await openWarehouse(warehouse, TAG) : null;
  const windmill = await startWindmillApi(workspace);
  windmill.connectClient();
  const scripts = scriptsFromFolder(REPOSITORY);

  const use: Pipeline["withWarehouse"] = (work) =>
    kept === null ? withWarehouse(warehouse, TAG, work) : work(kept);
  const start = (flow: unknown) =>
    runFlow(
      flow,
      {},
      {
        ...workspace,
        scripts,
        environment: windmill.env,
        onEvent(event) {
          windmill.observe(event);
          settings.onEvent(event);
        },
      },
    );
  const currentLease = () => use((session) => readLease(new SyncSession(session, compiled.sync)));

  return {
    withWarehouse: use,
    async migrate() {
      const run = await start(settings.migrateFlow);
      if (!run.success) throw new Error(failureOf(run));
    },
    async run() {
      for (let waits = 0; ; waits += 1) {
        const run = await start(compiled.flow);
        if (run.success) return run.jobId;
        if (waits === LEASE_WAITS || !isBusy(run)) throw new Error(failureOf(run));
        const { holder, remainingMs } = await currentLease();
        if (remainingMs > 0) {
          const seconds = Math.ceil(remainingMs / 1000);
          settings.onWait(
            `The run ${holder} still holds the lease; waiting up to ${seconds} s for it to expire.`,
          );
          await clock.sleep(remainingMs + LEASE_SLACK_MS);
        }
      }
    },
    async close() {
      await kept?.close();
      await windmill.close();
    },
  };
}

function isBusy(run: FlowRun): boolean {
  return firstError(run.result)?.name === "RETL_BUSY";
}

/** The error of a failed run as text: `RETL_…: what happened`. */
function failureOf(run: FlowRun): string {
  const error = firstError(run.result);
  return error === null ? `the run failed: ${JSON.stringify(run.result)}` : `${error.name}: ${error.message}`;
}

/** The first `{ name, message }` in a flow's result, wherever a failure step or a loop has put it. */
function firstError(result: unknown): { name: string; message: string } | null {
  if (Array.isArray(result)) return result.map(firstError).find((found) => found !== null) ?? null;
  if (!isRecord(result)) return null;
  const { name, message } = result;
  if (typeof name === "string" && typeof message === "string") return { name, message };
  return firstError(Object.values(result));
}
