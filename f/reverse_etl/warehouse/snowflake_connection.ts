import { randomUUID } from "node:crypto";
import pRetry from "p-retry";
// The types also tell Windmill which package the scripts need: its own look at imports does not see the one below, at run time.
import type { Column, Connection, RowStatement } from "snowflake-sdk";
import type { SessionTag } from "./open_warehouse.ts";
import { driverOptions } from "./snowflake_driver_options.ts";
import { answerIsMissing, snowflakeError } from "./snowflake_error.ts";
import type { SnowflakeSettings } from "./snowflake_resource.ts";
import type { Bind, Row } from "./warehouse.ts";

/** Longest time of one statement, its wait for a virtual warehouse included; Snowflake's own default is two days. */
const STATEMENT_SECONDS = 1800;

/** Longest wait for another session's lock; below the 180 s of a lease, and Snowflake's own default is twelve hours. */
const LOCK_SECONDS = 60;

/** A statement that Snowflake ends by itself gets this much longer until its answer counts as lost. */
const ANSWER_SECONDS = 60;

/** The driver's code for a network failure, for an answer that did not come in time. */
const NO_ANSWER_CODE = 401001;

/** Longest wait for the farewell of a session. */
const CLOSE_MS = 5_000;

/**
 * What every statement relies on, whatever the account, the user or the role have set. Results of `cast(… as varchar)` depend on
 * the output formats; AUTOCOMMIT off would leave every write of the journal uncommitted.
 */
const SESSION_PARAMETERS = [
  "AUTOCOMMIT = true",
  "TIMEZONE = 'UTC'",
  "TIMESTAMP_INPUT_FORMAT = 'AUTO'",
  "TIMESTAMP_NTZ_OUTPUT_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF6'",
  "ROWS_PER_RESULTSET = 0",
  "ABORT_DETACHED_QUERY = true",
  `STATEMENT_TIMEOUT_IN_SECONDS = ${STATEMENT_SECONDS}`,
  `LOCK_TIMEOUT = ${LOCK_SECONDS}`,
];

/** What a statement gave: its rows, and how many it wrote. */
export interface SnowflakeResult {
  readonly rows: readonly Row[];
  readonly rowsWritten: number;
}

/** One session of Snowflake. It takes one statement at a time, which its user sees to. */
export interface SnowflakeConnection {
  /**
   * Runs one statement. Asks again under the same request id while no answer comes, and Snowflake runs a request id once, so a
   * write is not done twice. Throws what the driver throws.
   */
  run(sql: string, binds: readonly Bind[]): Promise<SnowflakeResult>;
  close(): Promise<void>;
}

/** Opens a session; throws `RETL_WAREHOUSE_UNAUTHORIZED`, `RETL_WAREHOUSE_UNAVAILABLE` or `RETL_WAREHOUSE_REFUSED`. */
export async function connectSnowflake(
  settings: SnowflakeSettings,
  tag: SessionTag,
): Promise<SnowflakeConnection> {
  // The driver takes a second and 60 MB to load; a step that meets another kind of warehouse, or none, does without.
  const { default: snowflake } = await import("snowflake-sdk");
  snowflake.configure({ logLevel: "OFF", additionalLogToConsole: false });
  try {
    const connection = snowflake.createConnection(driverOptions(settings, tag));
    await new Promise<void>((resolve, reject) => {
      connection.connect((error) => (error ? reject(error) : resolve()));
    });
    const session = sessionOf(connection);
    await session.run(`alter session set ${SESSION_PARAMETERS.join(", ")}`, []);
    return session;
  } catch (error) {
    throw snowflakeError(error, "open");
  }
}

function sessionOf(connection: Connection): SnowflakeConnection {
  return {
    run(sql, binds) {
      const requestId = randomUUID();
      return pRetry(() => answerOf(connection, requestId, sql, binds), {
        retries: 2,
        minTimeout: 250,
        shouldRetry: ({ error }) => answerIsMissing(error),
      });
    },
    close: () =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, CLOSE_MS);
        connection.destroy(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}

async function answerOf(
  connection: Connection,
  requestId: string,
  sql: string,
  binds: readonly Bind[],
): Promise<SnowflakeResult> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const statement = await new Promise<RowStatement>((resolve, reject) => {
      const asked = connection.execute({
        sqlText: sql,
        binds: [...binds],
        requestId,
        // Without it the driver sends a failed request once more before it tells.
        streamResult: true,
        complete: (error, done) => (error ? reject(error) : resolve(done)),
      });
      const giveUp = () => {
        asked.cancel(() => undefined);
        reject(Object.assign(new Error("no answer"), { code: NO_ANSWER_CODE }));
      };
      timer = setTimeout(giveUp, (STATEMENT_SECONDS + ANSWER_SECONDS) * 1000);
    });
    const rows: (string | null)[][] = [];
    for await (const row of statement.streamRows()) rows.push(row as (string | null)[]);
    return resultOf(statement.getColumns() ?? [], rows);
  } finally {
    clearTimeout(timer);
  }
}

function resultOf(
  columns: readonly Column[],
  cells: readonly (readonly (string | null)[])[],
): SnowflakeResult {
  const read = columns.map((column) => ({ name: column.getName().toLowerCase(), bool: column.isBoolean() }));
  const rows = cells.map(
    (row): Row =>
      Object.fromEntries(
        read.map(({ name, bool }, index) => {
          const cell = row[index] ?? null;
          return [name, bool && cell !== null ? cell.toLowerCase() : cell];
        }),
      ),
  );
  return { rows, rowsWritten: rowsWritten(read[0]?.name ?? "", cells[0]?.[0] ?? null) };
}

/**
 * The first column of what Snowflake answers to a write. The driver's own count adds the second one of an UPDATE, too: the rows
 * that several rows of its FROM matched.
 */
function rowsWritten(firstColumn: string, firstCell: string | null): number {
  return firstColumn.startsWith("number of rows ") ? Number(firstCell) : 0;
}
