import { ERROR_CODES, RetlError } from "../sync/error.ts";
import type { Warehouse } from "../warehouse/warehouse.ts";
import { buildCommand } from "./build_command.ts";
import { buildKey } from "./build_key.ts";
import type { DbtBackend, DbtBuild, DbtResult, DbtSurroundings } from "./dbt_backend.ts";
import { endedWithoutResults } from "./ended_without_results.ts";
import {
  parseSnowflakeDbtProjectResource,
  type SnowflakeDbtProjectResource,
} from "./snowflake_dbt_project_resource.ts";
import {
  cancelExecution,
  type Execution,
  executeStatement,
  findExecution,
  resultOfExecution,
} from "./snowflake_executions.ts";

type Surroundings = Pick<DbtSurroundings, "openWarehouse">;

/**
 * The back end `snowflake_dbt_project`: `EXECUTE DBT PROJECT` in the warehouse that the run reads. The statement goes on without this
 * process, so neither its length nor the end of the step matters to it. It carries our key as a comment, by which it is found in the
 * query history of the same user, by a repeated step, too.
 */
export function snowflakeDbtProject(resource: unknown, { openWarehouse }: Surroundings): DbtBackend {
  const settings = parseSnowflakeDbtProjectResource(resource);
  return {
    timeoutMs: settings.timeout_seconds * 1000,
    async start(request) {
      const key = `tailrace-${buildKey(request)}`;
      const warehouse = await openWarehouse();
      try {
        const { submit } = warehouse;
        if (submit === undefined) throw notSnowflake();
        const found = await findExecution(warehouse, key);
        if (found === undefined) {
          const sql = executeStatement(warehouse, settings, key, buildCommand(request, settings));
          await submit(sql, settings.timeout_seconds);
        }
        return new ProjectBuild(settings, key, warehouse);
      } catch (error) {
        await warehouse.close();
        throw error;
      }
    },
  };
}

/** Keeps its session until it has ended, because Snowflake ends what still runs of a session that says goodbye. */
class ProjectBuild implements DbtBuild {
  readonly reference: string;
  readonly url = null;
  readonly #settings: SnowflakeDbtProjectResource;
  readonly #key: string;
  readonly #session: Warehouse;

  constructor(settings: SnowflakeDbtProjectResource, key: string, session: Warehouse) {
    this.reference = `Snowflake statement with the comment ${key}`;
    this.#settings = settings;
    this.#key = key;
    this.#session = session;
  }

  async poll(): Promise<"running" | "ended"> {
    try {
      const found = await findExecution(this.#session, this.#key);
      // The history may show a statement a moment after Snowflake has taken it.
      return found === undefined || found.status === "running" ? "running" : "ended";
    } catch (error) {
      if (!isTransient(error)) await this.#session.close();
      throw error;
    }
  }

  /** A failure of dbt is a failure of the statement (since October 2025; before, nothing but its nodes told). */
  async result(): Promise<DbtResult> {
    try {
      const execution = await findExecution(this.#session, this.#key);
      const hasFailed = execution?.status !== "succeeded";
      const result = execution === undefined ? null : await this.#read(execution, hasFailed);
      const namesFailures = result?.nodes.some(
        ({ outcome }) => outcome === "failed" || outcome === "unknown",
      );
      if (result !== null && (namesFailures === true || !hasFailed)) return result;
      throw endedWithoutResults(
        hasFailed
          ? "Snowflake's execution of the dbt project failed, and no node tells why"
          : "Snowflake's execution of the dbt project left no results that could be read",
        this,
        // Only the code: dbt's output is in Snowflake's message.
        execution?.errorCode === undefined ? null : `Snowflake ${execution.errorCode}`,
      );
    } finally {
      await this.#session.close();
    }
  }

  async cancel(): Promise<void> {
    try {
      const found = await findExecution(this.#session, this.#key);
      if (found?.status === "running") await cancelExecution(this.#session, found.queryId);
    } finally {
      await this.#session.close();
    }
  }

  async #read({ queryId }: Execution, hasFailed: boolean): Promise<DbtResult | null> {
    try {
      return await resultOfExecution(this.#session, this.#settings, queryId);
    } catch (error) {
      // An execution that was cancelled or timed out has no files to locate.
      if (isTransient(error) || !hasFailed) throw error;
      return null;
    }
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof RetlError && ERROR_CODES[error.code].transient;
}

function notSnowflake(): RetlError {
  return new RetlError("RETL_CONFIG", {
    what: "The dbt resource names the back end snowflake_dbt_project, and the warehouse is not Snowflake.",
    state: "Nothing was built or sent.",
    next: "Use the back end that builds this warehouse's tables.",
  });
}
