import { RetlError } from "../sync/error.ts";
import { buildCommand } from "./build_command.ts";
import { buildKey } from "./build_key.ts";
import type { DbtBackend, DbtBuild, DbtSurroundings } from "./dbt_backend.ts";
import {
  type DbtPlatformApi,
  dbtPlatformApi,
  type PlatformRun,
  RUN_STATUS,
  RUNNING_STATUSES,
} from "./dbt_platform_api.ts";
import { resultOfRuns } from "./dbt_platform_artifacts.ts";
import { type DbtPlatformResource, parseDbtPlatformResource } from "./dbt_platform_resource.ts";
import { endedWithoutResults } from "./ended_without_results.ts";

/**
 * The back end `dbt_platform`: runs a job of the dbt platform with `dbt build` of the models in place of the job's own commands.
 * The run's `cause` carries our key, because the API has no idempotency key: a run with that cause is ours and is not started again.
 */
export function dbtPlatform(resource: unknown, surroundings: Pick<DbtSurroundings, "clock">): DbtBackend {
  const settings = parseDbtPlatformResource(resource);
  const api = dbtPlatformApi(settings);
  return {
    timeoutMs: settings.timeout_seconds * 1000,
    async start(request) {
      const cause = `Tailrace ${buildKey(request)}`;
      const steps = [...settings.commands_before, `dbt ${buildCommand(request, settings)}`];
      const run = (await find(api, cause)) ?? (await trigger(api, cause, steps));
      return new PlatformBuild(api, settings, surroundings.clock, run);
    },
  };
}

async function find(api: DbtPlatformApi, cause: string): Promise<PlatformRun | undefined> {
  return (await api.recentRuns()).find((run) => run.trigger?.cause === cause);
}

/** When no answer came, the run may have been started all the same. */
async function trigger(api: DbtPlatformApi, cause: string, steps: readonly string[]): Promise<PlatformRun> {
  try {
    return await api.trigger({ cause, steps });
  } catch (error) {
    if (!(error instanceof RetlError) || error.code !== "RETL_DBT_UNAVAILABLE") throw error;
    const started = await find(api, cause).catch(() => undefined);
    if (started === undefined) throw error;
    return started;
  }
}

class PlatformBuild implements DbtBuild {
  readonly #api: DbtPlatformApi;
  readonly #settings: DbtPlatformResource;
  readonly #clock: DbtSurroundings["clock"];
  /** The run that was started, and those that took it up from its failure. */
  readonly #runs: PlatformRun[];

  constructor(
    api: DbtPlatformApi,
    settings: DbtPlatformResource,
    clock: DbtSurroundings["clock"],
    run: PlatformRun,
  ) {
    this.#api = api;
    this.#settings = settings;
    this.#clock = clock;
    this.#runs = [run];
  }

  get reference(): string {
    return `dbt platform run ${this.#current.id}`;
  }

  get url(): string | null {
    return this.#current.href ?? null;
  }

  get #current(): PlatformRun {
    const run = this.#runs.at(-1);
    if (run === undefined) throw new Error("Internal error: a build without a run.");
    return run;
  }

  async poll(): Promise<"running" | "ended"> {
    const run = await this.#api.run(this.#current.id);
    this.#runs[this.#runs.length - 1] = run;
    if (RUNNING_STATUSES.includes(run.status)) return "running";
    const mayRetry = this.#runs.length <= this.#settings.retries_from_failure;
    if (run.status !== RUN_STATUS.error || run.can_retry !== true || !mayRetry) return "ended";
    // Unlike a rerun of the job, a retry of the run can never start all of it anew.
    this.#runs.push(await this.#api.retry(run.id));
    return "running";
  }

  async result() {
    const run = this.#current;
    if (run.status === RUN_STATUS.cancelled) {
      throw endedWithoutResults("The dbt build was cancelled on the dbt platform", this);
    }
    const result = await resultOfRuns(this.#api, this.#runs, this.#clock);
    const failed = result?.nodes.some(({ outcome }) => outcome === "failed" || outcome === "unknown");
    if (result === null || (run.status !== RUN_STATUS.success && failed !== true)) {
      throw endedWithoutResults("dbt ended without results that could be relied on", this);
    }
    return result;
  }

  cancel(): Promise<void> {
    return this.#api.cancel(this.#current.id);
  }
}
