import { randomUUID } from "node:crypto";
import pRetry from "p-retry";
// The types also tell Windmill which package the scripts need: its own look at imports does not see the one below, at run time.
import type { Column, Connection, RowStatement } from "snowflake-sdk";
import type { SessionTag } from "./open_warehouse.ts";
import { driverOptions } from "./snowflake_driver_options.ts";
import { answerIsMissing, sessionIsGone, snowflakeError } from "./snowflake_error.ts";
import type { SnowflakeSettings } from "./snowflake_resource.ts";
import type { Bind, Row } from "./warehouse.ts";

/** Longest time of one statement, its wait for a virtual warehouse included; Snowflake's own default is two days. */
const STATEMENT_SECONDS = 1800;

/** Longest wait for another session's lock; below the 180 s of a lease, and Snowflake's own default is twelve hours. */
const LOCK_SECONDS = 60;

/** How long a session waits for Snowflake, in milliseconds. */
export interface Patience {
  /** For the first word about a statement. */
  readonly firstWord: number;
  /** For the end of a statement. */
  readonly end: number;
}

/**
 * Snowflake answers within 45 s, if only that a statement goes on (the same as its SQL API: docs.snowflake.com, sql-api, read 2026-11).
 * The driver itself repeats a request that met an outage a thousand times, four hours: what a lease is good for ends that here.
 */
const PATIENCE: Patience = { firstWord: 180_000, end: (STATEMENT_SECONDS + 60) * 1000 };

/**
 * The driver waits a second or more before it repeats a request by itself (starting sleep time, connection_config.js of snowflake-sdk
 * 3.3.0), so an answer that comes sooner is the answer to the only one.
 */
const UNREPEATED_MS = 1_000;

/** Tries of a statement whose answer is missing, beside the driver's own. */
const TRIES = 3;

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

/**
 * One session of Snowflake. It takes one statement at a time, which its user sees to, and throws what the driver throws.
 *
 * Every statement is asked for again under the same request id while no answer comes. Snowflake runs a request id of a session once
 * (docs.snowflake.com, nodejs-driver-execute, resubmitting requests), so nothing is done twice. Where the session has ended meanwhile
 * that cannot be said: then a write counts as one whose answer is missing.
 */
export interface SnowflakeConnection {
  /**
   * True once an answer was given up: the driver's repetition of that request may still arrive, so the session is good for nothing more.
   */
  readonly isLost: boolean;
  read(sql: string, binds: readonly Bind[]): Promise<SnowflakeResult>;
  write(sql: string, binds: readonly Bind[]): Promise<SnowflakeResult>;
  /** Holds some of the result's chunks at a time: the driver loads two ahead of the one that is read. */
  stream(sql: string, binds: readonly Bind[]): AsyncGenerator<Row, void, undefined>;
  /** Starts a statement that goes on when this session does not, and gives its query id. */
  submit(sql: string, limitSeconds: number): Promise<string>;
  close(): Promise<void>;
}

/** Opens a session; throws `RETL_WAREHOUSE_UNAUTHORIZED`, `RETL_WAREHOUSE_UNAVAILABLE` or `RETL_WAREHOUSE_REFUSED`. */
export async function connectSnowflake(
  settings: SnowflakeSettings,
  tag: SessionTag,
  patience: Patience = PATIENCE,
): Promise<SnowflakeConnection> {
  // The driver takes a second and 60 MB to load; a step that meets another kind of warehouse, or none, does without.
  const { default: snowflake } = await import("snowflake-sdk");
  snowflake.configure({ logLevel: "OFF", additionalLogToConsole: false });
  try {
    const connection = snowflake.createConnection(driverOptions(settings, tag));
    await new Promise<void>((resolve, reject) => {
      connection.connect((error) => (error ? reject(error) : resolve()));
    });
    const session = new Session(connection, patience);
    await session.read(`alter session set ${SESSION_PARAMETERS.join(", ")}`, []);
    return session;
  } catch (error) {
    throw snowflakeError(error, "open");
  }
}

interface Request {
  readonly sqlText: string;
  readonly binds: readonly Bind[];
  readonly requestId: string;
  readonly asyncExec?: boolean;
}

class Session implements SnowflakeConnection {
  readonly #connection: Connection;
  readonly #patience: Patience;
  isLost = false;

  constructor(connection: Connection, patience: Patience) {
    this.#connection = connection;
    this.#patience = patience;
  }

  read(sql: string, binds: readonly Bind[]): Promise<SnowflakeResult> {
    const request = requestOf(sql, binds);
    return this.#repeated(async () => resultOf(await this.#asked(request)));
  }

  write(sql: string, binds: readonly Bind[]): Promise<SnowflakeResult> {
    return notTwice(() => this.read(sql, binds));
  }

  async *stream(sql: string, binds: readonly Bind[]): AsyncGenerator<Row, void, undefined> {
    const request = requestOf(sql, binds);
    let given = 0;
    for (let tries = 1; ; tries++) {
      try {
        const statement = await this.#asked(request);
        const rowOf = rowReader(statement.getColumns() ?? []);
        // A request id has one result, so the rows after those that were given are the rest of it.
        for await (const cells of statement.streamRows({ start: given })) {
          given += 1;
          yield rowOf(cells as Cells);
        }
        return;
      } catch (error) {
        if (tries === TRIES || this.isLost || !answerIsMissing(error)) throw error;
      }
    }
  }

  async submit(sql: string, limitSeconds: number): Promise<string> {
    // A session that ends takes its asynchronous statements along where ABORT_DETACHED_QUERY is on.
    const limits = `ABORT_DETACHED_QUERY = false, STATEMENT_TIMEOUT_IN_SECONDS = ${Math.ceil(limitSeconds)}`;
    await this.read(`alter session set ${limits}`, []);
    const request = { ...requestOf(sql, []), asyncExec: true };
    return notTwice(() => this.#repeated(async () => (await this.#asked(request)).getQueryId()));
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, CLOSE_MS);
      this.#connection.destroy(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #repeated<T>(work: () => Promise<T>): Promise<T> {
    return pRetry(work, {
      retries: TRIES - 1,
      minTimeout: 250,
      shouldRetry: ({ error }) => !this.isLost && answerIsMissing(error),
    });
  }

  /** Asks for a statement, and resolves when its result can be read, or when a submitted one was taken. */
  #asked({ binds, ...request }: Request): Promise<RowStatement> {
    if (this.isLost) return Promise.reject(noAnswer());
    return new Promise((resolve, reject) => {
      const timers: ReturnType<typeof setTimeout>[] = [];
      const asked = this.#connection.execute({
        ...request,
        binds: [...binds],
        // Without it the driver sends a failed request once more before it tells.
        streamResult: true,
        complete: (error, statement) => {
          timers.forEach(clearTimeout);
          if (error) reject(error);
          else resolve(statement as RowStatement);
        },
      });
      const giveUp = () => {
        timers.forEach(clearTimeout);
        this.isLost = true;
        asked.cancel(() => undefined);
        reject(noAnswer());
      };
      const { firstWord, end } = this.#patience;
      // The query id comes with the first word.
      timers.push(
        setTimeout(() => asked.getQueryId() ?? giveUp(), firstWord),
        setTimeout(giveUp, end),
      );
    });
  }
}

/** An ended session says nothing of a request that it may have carried out the first time. */
async function notTwice<T>(work: () => Promise<T>): Promise<T> {
  const asked = performance.now();
  try {
    return await work();
  } catch (error) {
    throw sessionIsGone(error) && performance.now() - asked >= UNREPEATED_MS ? noAnswer() : error;
  }
}

function requestOf(sqlText: string, binds: readonly Bind[]): Request {
  return { sqlText, binds, requestId: randomUUID() };
}

function noAnswer(): Error {
  return Object.assign(new Error("no answer"), { code: NO_ANSWER_CODE });
}

type Cells = readonly (string | null)[];

async function resultOf(statement: RowStatement): Promise<SnowflakeResult> {
  const columns = statement.getColumns() ?? [];
  const rowOf = rowReader(columns);
  const rows: Row[] = [];
  for await (const cells of statement.streamRows()) rows.push(rowOf(cells as Cells));
  return { rows, rowsWritten: rowsWritten(columns[0]?.getName().toLowerCase() ?? "", rows[0]) };
}

function rowReader(columns: readonly Column[]): (cells: Cells) => Row {
  const read = columns.map((column) => ({ name: column.getName().toLowerCase(), bool: column.isBoolean() }));
  return (cells) =>
    Object.fromEntries(
      read.map(({ name, bool }, index) => {
        const cell = cells[index] ?? null;
        return [name, bool && cell !== null ? cell.toLowerCase() : cell];
      }),
    );
}

/**
 * The first column of what Snowflake answers to a write. The driver's own count adds the second one of an UPDATE, too: the rows
 * that several rows of its FROM matched.
 */
function rowsWritten(firstColumn: string, row: Row | undefined): number {
  return firstColumn.startsWith("number of rows ") ? Number(row?.[firstColumn] ?? null) : 0;
}
