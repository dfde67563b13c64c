import { snowflakeDialect } from "./dialect.ts";
import type { SessionTag } from "./open_warehouse.ts";
import { retryConflicts } from "./retry_conflicts.ts";
import { SessionQueue } from "./session_queue.ts";
import { connectSnowflake, type SnowflakeConnection, type SnowflakeResult } from "./snowflake_connection.ts";
import { type SnowflakeMoment, sessionIsGone, snowflakeError } from "./snowflake_error.ts";
import { parseSnowflakeResource } from "./snowflake_resource.ts";
import type { Bind, Row, Warehouse, WarehouseSession } from "./warehouse.ts";

/**
 * Opens one session of the Snowflake account that a resource describes, and another one when that has ended.
 * Throws `RETL_CONFIG`, `RETL_WAREHOUSE_UNAUTHORIZED`, `RETL_WAREHOUSE_UNAVAILABLE` or `RETL_WAREHOUSE_REFUSED`.
 */
export async function openSnowflake(
  resource: Readonly<Record<string, unknown>>,
  tag: SessionTag,
): Promise<Warehouse> {
  const settings = parseSnowflakeResource(resource);
  let current: SnowflakeConnection | null = await connectSnowflake(settings, tag);
  const queue = new SessionQueue();

  const leave = async () => {
    const left = current;
    current = null;
    await left?.close();
  };
  const connected = async () => {
    if (current?.isLost === true) await leave();
    current ??= await connectSnowflake(settings, tag);
    return current;
  };

  /** Outside a transaction a session has nothing to lose: a statement that it did not take runs in a new one. */
  async function inSomeSession<T>(
    work: (connection: SnowflakeConnection) => Promise<T>,
    moment: SnowflakeMoment,
  ): Promise<T> {
    const connection = await connected();
    try {
      return await work(connection);
    } catch (error) {
      if (!sessionIsGone(error)) throw snowflakeError(error, moment);
    }
    await leave();
    return said(work(await connected()), moment);
  }

  const alone = (sql: string, binds: readonly Bind[], moment: "read" | "write") =>
    queue.run(() =>
      retryConflicts(() => inSomeSession((connection) => connection[moment](sql, binds), moment)),
    );

  async function* rows(sql: string, binds: readonly Bind[]): AsyncGenerator<Row, void, undefined> {
    let isUntouched = true;
    try {
      for await (const row of (await connected()).stream(sql, binds)) {
        isUntouched = false;
        yield row;
      }
      return;
    } catch (error) {
      if (!isUntouched || !sessionIsGone(error)) throw snowflakeError(error, "read");
    }
    await leave();
    yield* toldRows((await connected()).stream(sql, binds), "read");
  }

  return {
    dialect: snowflakeDialect,
    query: async (sql, binds = []) => (await alone(sql, binds, "read")).rows,
    execute: async (sql, binds = []) => (await alone(sql, binds, "write")).rowsWritten,
    stream: (sql, binds = []) => queue.stream(() => rows(sql, binds)),
    transaction: (work) =>
      queue.run(() =>
        retryConflicts(async () => {
          await inSomeSession((connection) => connection.read("begin transaction", []), "read");
          return transaction(await connected(), leave, work);
        }),
      ),
    submit: (sql, limitSeconds) =>
      queue.run(() => inSomeSession((connection) => connection.submit(sql, limitSeconds), "write")),
    close: () => queue.close(leave),
  };
}

async function transaction<T>(
  connection: SnowflakeConnection,
  leave: () => Promise<void>,
  work: (session: WarehouseSession) => Promise<T>,
): Promise<T> {
  // A session that is left, or gone, is rolled back by Snowflake itself; one that stays must not carry its transaction into the next.
  const rollback = () => connection.read("rollback", []).then(() => undefined, leave);
  let result: T;
  try {
    result = await work(sessionOf(connection));
  } catch (error) {
    await rollback();
    throw error;
  }
  try {
    await connection.write("commit", []);
  } catch (error) {
    await rollback();
    throw snowflakeError(error, "commit");
  }
  return result;
}

function sessionOf(connection: SnowflakeConnection): WarehouseSession {
  const queue = new SessionQueue();
  const run = (work: () => Promise<SnowflakeResult>) => queue.run(() => said(work(), "inside"));
  return {
    dialect: snowflakeDialect,
    query: async (sql, binds = []) => (await run(() => connection.read(sql, binds))).rows,
    execute: async (sql, binds = []) => (await run(() => connection.write(sql, binds))).rowsWritten,
    stream: (sql, binds = []) => queue.stream(() => toldRows(connection.stream(sql, binds), "inside")),
  };
}

async function said<T>(work: Promise<T>, moment: SnowflakeMoment): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw snowflakeError(error, moment);
  }
}

async function* toldRows(
  rows: AsyncIterable<Row>,
  moment: SnowflakeMoment,
): AsyncGenerator<Row, void, undefined> {
  try {
    yield* rows;
  } catch (error) {
    throw snowflakeError(error, moment);
  }
}
