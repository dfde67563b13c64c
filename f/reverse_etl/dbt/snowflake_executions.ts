import { statement } from "../sync/statement.ts";
import { quoteLiteral } from "../warehouse/identifier.ts";
import type { WarehouseSession } from "../warehouse/warehouse.ts";
import type { DbtResult } from "./dbt_backend.ts";
import { parseDbtArtifacts } from "./run_results.ts";
import type { SnowflakeDbtProjectResource } from "./snowflake_dbt_project_resource.ts";

export interface Execution {
  readonly queryId: string;
  readonly status: "running" | "succeeded" | "failed";
  /** Snowflake's code of a failure, when the history has one. */
  readonly errorCode?: string;
}

/** A query has ended with SUCCESS or one of the FAILED_ statuses (docs.snowflake.com, query_history, read 2026-11). */
function statusOf(text: string): Execution["status"] {
  if (/^success/i.test(text)) return "succeeded";
  return /^fail/i.test(text) ? "failed" : "running";
}

/** The statement that runs `dbt` with these words, marked with a key. */
export function executeStatement(
  session: WarehouseSession,
  { project, dbt_version }: SnowflakeDbtProjectResource,
  key: string,
  command: string,
): string {
  return statement("dbt_project_execute", session.dialect, {
    project: qualified(session, project),
    args: literal(command),
    dbt_version: dbt_version === undefined ? "" : ` dbt_version = ${literal(dbt_version)}`,
    key,
  });
}

/** The newest execution that carries a key; undefined when there is none. */
export async function findExecution(session: WarehouseSession, key: string): Promise<Execution | undefined> {
  const [row] = await session.query(statement("dbt_project_find", session.dialect, {}), [key]);
  const queryId = row?.query_id ?? undefined;
  if (queryId === undefined) return undefined;
  const errorCode = row?.error_code ?? null;
  const status = statusOf(row?.execution_status ?? "");
  return { queryId, status, ...(errorCode === null ? {} : { errorCode }) };
}

export async function cancelExecution(session: WarehouseSession, queryId: string): Promise<void> {
  await session.query(statement("dbt_project_cancel", session.dialect, {}), [queryId]);
}

/** What an execution says of its nodes; null when it left nothing that can be read as dbt's results. */
export async function resultOfExecution(
  session: WarehouseSession,
  { artifacts_stage }: SnowflakeDbtProjectResource,
  queryId: string,
): Promise<DbtResult | null> {
  const { dialect } = session;
  const [row] = await session.query(statement("dbt_project_results", dialect, {}), [queryId]);
  const location = row?.location ?? null;
  if (location === null || !/^[\w-]+$/.test(queryId)) return null;
  const folder = `@${qualified(session, artifacts_stage)}/tailrace/${queryId}/`;
  await session.query(statement("dbt_project_copy", dialect, { folder, location: literal(location) }));
  const read = async (file: string): Promise<unknown> => {
    const path = `${folder}target/${file}`;
    const [found] = await session.query(statement("dbt_project_read", dialect, { file: path }));
    return JSON.parse(found?.artifact ?? "null");
  };
  const artifacts = [await read("run_results.json"), await read("manifest.json")];
  // A manifest holds a project's code: nothing of it stays behind.
  await session.query(statement("dbt_project_remove", dialect, { folder }));
  try {
    return parseDbtArtifacts(artifacts[0], artifacts[1]);
  } catch {
    return null;
  }
}

function qualified(session: WarehouseSession, name: string): string {
  return name
    .split(".")
    .map((part) => session.dialect.identifier(part))
    .join(".");
}

/** In Snowflake's literals a backslash escapes what follows it. */
function literal(text: string): string {
  return quoteLiteral(text.replaceAll("\\", "\\\\"));
}
