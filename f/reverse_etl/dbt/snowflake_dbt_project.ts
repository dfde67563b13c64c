import { ERROR_CODES, RetlError } from "../sync/error.ts";
import type { Row, Warehouse } from "../warehouse/warehouse.ts";
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
 * The back end `snowflake_dbt_project`: `EXECUTE DBT PROJECT` in the warehouse that the run reads. The statement carries our key as a
 * comment, by which a repeated step finds it in the query history of the same user.
 */
export function snowflakeDbtProject(resource: unknown, { openWarehouse }: Surroundings): DbtBackend {
  const settings = parseSnowflakeDbtProjectResource(resource);
  const inSession: InSession = async (work) => {
    const warehouse = await openWarehouse();
    try {
      return await work(warehouse);
    } finally {
      await warehouse.close();
    }
  };
  return {
    timeoutMs: settings.timeout_seconds * 1000,
    async start(request) {
      const key = `tailrace-${buildKey(request)}`;
      const command = buildCommand(request, settings);
      const warehouse = await openWarehouse();
      try {
        if (warehouse.dialect.name !== "snowflake") throw notSnowflake();
        const found = await findExecution(warehouse, key);
        if (found === undefined) {
          const sql = executeStatement(warehouse, settings, key, command);
          const rows = warehouse.query(sql).finally(() => warehouse.close());
          return new ProjectBuild(settings, key, inSession, rows);
        }
      } catch (error) {
        await warehouse.close();
        throw error;
      }
      await warehouse.close();
      return new ProjectBuild(settings, key, inSession, null);
    },
  };
}

type InSession = <T>(work: (warehouse: Warehouse) => Promise<T>) => Promise<T>;

/** What became of the statement, if it was this process that sent it. */
type Own =
  | { readonly state: "pending" | "none" }
  | { readonly state: "answered"; readonly rows: readonly Row[] }
  | { readonly state: "failed"; readonly error: unknown };

class ProjectBuild implements DbtBuild {
  readonly reference: string;
  readonly url = null;
  readonly #settings: SnowflakeDbtProjectResource;
  readonly #key: string;
  readonly #inSession: InSession;
  #own: Own;
  #execution: Execution | undefined;

  constructor(
    settings: SnowflakeDbtProjectResource,
    key: string,
    inSession: InSession,
    rows: Promise<readonly Row[]> | null,
  ) {
    this.reference = `Snowflake statement with the comment ${key}`;
    this.#settings = settings;
    this.#key = key;
    this.#inSession = inSession;
    this.#own = { state: rows === null ? "none" : "pending" };
    rows?.then(
      (answered) => {
        this.#own = { state: "answered", rows: answered };
      },
      (error: unknown) => {
        this.#own = { state: "failed", error };
      },
    );
  }

  /** A statement whose answer was lost may go on. */
  async poll(): Promise<"running" | "ended"> {
    if (this.#own.state === "pending") return "running";
    if (this.#own.state === "answered") return "ended";
    const found = await this.#inSession((session) => findExecution(session, this.#key));
    return found?.status === "running" ? "running" : "ended";
  }

  async result(): Promise<DbtResult> {
    const result = await this.#inSession((session) => this.#read(session));
    const failed = result?.nodes.some(({ outcome }) => outcome === "failed" || outcome === "unknown");
    if (result !== null && (failed === true || !this.#hasFailed())) return result;
    if (this.#own.state === "failed" && isTransient(this.#own.error)) throw this.#own.error;
    throw endedWithoutResults(
      this.#hasFailed()
        ? "Snowflake's execution of the dbt project failed, and no node tells why"
        : "Snowflake's execution of the dbt project left no results that could be read",
      this,
      this.#own.state === "failed" ? codesOf(this.#own.error) : null,
    );
  }

  cancel(): Promise<void> {
    return this.#inSession(async (session) => {
      const found = await findExecution(session, this.#key);
      if (found?.status === "running") await cancelExecution(session, found.queryId);
    });
  }

  async #read(session: Warehouse): Promise<DbtResult | null> {
    try {
      this.#execution = await findExecution(session, this.#key);
      if (this.#execution === undefined) return null;
      return await resultOfExecution(session, this.#settings, this.#execution.queryId);
    } catch (error) {
      // An execution that was cancelled or timed out has no files to locate.
      if (isTransient(error) || !this.#hasFailed()) throw error;
      return null;
    }
  }

  /** Failures are errors of the statement; before October 2025 they were rows that say FALSE. */
  #hasFailed(): boolean {
    if (this.#own.state !== "answered") return this.#execution?.status !== "succeeded";
    const [row] = this.#own.rows;
    const success = Object.entries(row ?? {}).find(([column]) => /\bsuccess$/i.test(column));
    return !/^(true|1)$/i.test(success?.[1] ?? "");
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof RetlError && ERROR_CODES[error.code].transient;
}

/** Only the codes: dbt's output is in Snowflake's message. */
function codesOf(error: unknown): string {
  if (!(error instanceof RetlError)) return "no code";
  const { snowflake_code } = error.details;
  return `${error.code}${typeof snowflake_code === "string" && snowflake_code !== "" ? `, Snowflake ${snowflake_code}` : ""}`;
}

function notSnowflake(): RetlError {
  return new RetlError("RETL_CONFIG", {
    what: "The dbt resource names the back end snowflake_dbt_project, and the warehouse is not Snowflake.",
    state: "Nothing was built or sent.",
    next: "Use the back end that builds this warehouse's tables.",
  });
}
