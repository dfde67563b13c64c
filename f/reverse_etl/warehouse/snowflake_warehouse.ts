import pLimit from "p-limit";
import { snowflakeDialect } from "./dialect.ts";
import type { SessionTag } from "./open_warehouse.ts";
import { retryConflicts } from "./retry_conflicts.ts";
import { connectSnowflake, type SnowflakeConnection, type SnowflakeResult } from "./snowflake_connection.ts";
import { type SnowflakeMoment, sessionIsGone, snowflakeError } from "./snowflake_error.ts";
import { parseSnowflakeResource } from "./snowflake_resource.ts";
import type { Bind, Warehouse, WarehouseSession } from "./warehouse.ts";

/**
 * Opens one session of the Snowflake account that a resource describes, and another one when that has ended.
 * Throws `RETL_CONFIG`, `RETL_WAREHOUSE_UNAUTHORIZED`, `RETL_WAREHOUSE_UNAVAILABLE` or `RETL_WAREHOUSE_REFUSED`.
 */
export async function openSnowflake(
  resource: Readonly<Record<string, unknown>>,
  tag: SessionTag,
): Promise<Warehouse> {
  const settings = parseSnowflakeResource(resource);
  let connection = await connectSnowflake(settings, tag);
  // A session takes one statement at a time; what runs inside a transaction has it to itself.
  const oneAtATime = pLimit(1);

  /** Outside a transaction a session has nothing to lose: a statement that it did not take runs in a new one. */
  const run = async (sql: string, binds: readonly Bind[] = []): Promise<SnowflakeResult> => {
    try {
      return await connection.run(sql, binds);
    } catch (error) {
      if (!sessionIsGone(error)) throw snowflakeError(error, "statement");
    }
    await connection.close();
    connection = await connectSnowflake(settings, tag);
    return said(connection, sql, binds, "statement");
  };

  const alone = (sql: string, binds?: readonly Bind[]) =>
    oneAtATime(() => retryConflicts(() => run(sql, binds)));

  return {
    dialect: snowflakeDialect,
    query: async (sql, binds) => (await alone(sql, binds)).rows,
    execute: async (sql, binds) => (await alone(sql, binds)).rowsWritten,
    transaction: (work) =>
      oneAtATime(() =>
        retryConflicts(async () => {
          await run("begin transaction");
          return transaction(connection, work);
        }),
      ),
    close: () => oneAtATime(() => connection.close()),
  };
}

async function transaction<T>(
  connection: SnowflakeConnection,
  work: (session: WarehouseSession) => Promise<T>,
): Promise<T> {
  let result: T;
  try {
    result = await work(sessionOf(connection));
  } catch (error) {
    // Where the rollback fails the session is gone, and Snowflake rolls back itself; what failed first is told.
    await connection.run("rollback", []).catch(() => undefined);
    throw error;
  }
  await said(connection, "commit", [], "commit");
  return result;
}

function sessionOf(connection: SnowflakeConnection): WarehouseSession {
  return {
    dialect: snowflakeDialect,
    query: async (sql, binds = []) => (await said(connection, sql, binds, "statement")).rows,
    execute: async (sql, binds = []) => (await said(connection, sql, binds, "statement")).rowsWritten,
  };
}

async function said(
  connection: SnowflakeConnection,
  sql: string,
  binds: readonly Bind[],
  moment: SnowflakeMoment,
): Promise<SnowflakeResult> {
  try {
    return await connection.run(sql, binds);
  } catch (error) {
    throw snowflakeError(error, moment);
  }
}
