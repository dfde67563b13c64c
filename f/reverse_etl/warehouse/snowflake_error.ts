import { type ErrorCode, RetlError } from "../sync/error.ts";

/** What was being done when the driver failed; it decides what is known of the state. */
export type SnowflakeMoment = "open" | "statement" | "commit";

interface DriverError {
  /** Snowflake's own code as six digits, the driver's as a number. */
  readonly code?: unknown;
  readonly sqlState?: unknown;
  readonly message?: unknown;
  readonly data?: unknown;
  readonly response?: unknown;
}

const NOTHING_REMAINS = "Nothing of this statement or transaction remains.";
const STATE: Readonly<Record<SnowflakeMoment, string>> = {
  open: "Nothing was read or written.",
  statement: NOTHING_REMAINS,
  commit:
    "Whether the transaction was committed is not known; a repeated step finds out and does nothing twice.",
};

/**
 * Snowflake's codes for what is not an error of the statement. Lock waiters: resultant.com, overcoming-concurrent-write-limits,
 * read 2026-11; statement timeout: estuary/flow#238; session and login codes: snowflake-sdk 3.3.0, gs_errors.js and error_code.js.
 */
const BY_CODE: Readonly<Record<string, readonly [code: ErrorCode, what: string, next: string]>> = {
  "000625": [
    "RETL_WAREHOUSE_CONFLICT",
    "Snowflake gave up a statement that waited for a lock of another session.",
    "Run it again.",
  ],
  "000604": ["RETL_WAREHOUSE_UNAVAILABLE", "Somebody cancelled the statement in Snowflake.", "Run again."],
  "000630": [
    "RETL_WAREHOUSE_UNAVAILABLE",
    "The statement reached its time limit in Snowflake.",
    "Run again; if it happens again, use a larger warehouse or look for a session that holds a lock (SHOW LOCKS).",
  ],
  "002003": [
    "RETL_NOT_MIGRATED",
    "An object does not exist in Snowflake, or the role may not see it.",
    "Run the migrate step of the job, build the source table, or grant the role its privileges on it.",
  ],
  "002043": [
    "RETL_NOT_MIGRATED",
    "An object does not exist in Snowflake, or the role may not see it.",
    "Run the migrate step of the job, build the source table, or grant the role its privileges on it.",
  ],
  "003001": [
    "RETL_WAREHOUSE_REFUSED",
    "The role lacks a privilege in Snowflake.",
    "Grant it to the role of the resource.",
  ],
  "000606": [
    "RETL_WAREHOUSE_REFUSED",
    "The session has no virtual warehouse: the one that the resource names does not exist or the role may not use it.",
    "Correct `warehouse` in the resource, or grant USAGE on it to the role.",
  ],
};

/** Snowflake's classes of errors about the statement itself, not about data: its message names objects, never values. */
const ABOUT_THE_STATEMENT = /^(001\d\d\d|000904|002\d\d\d|003\d\d\d)$/;

/** Codes of Snowflake's login service: wrong credentials, a blocked user, a role that is not granted, a network policy. */
const LOGIN = /^39\d{4}$/;

/** The session is gone: its tokens are unknown or expired, or the driver has closed it. */
const SESSION_GONE = /^(390104|390111|390112|390114|401004|407001|407002)$/;

/** The driver got no answer that it can read: no network, an HTTP error, or something that is not Snowflake's. */
const NO_ANSWER = /^40100[123]$/;

/** True when the statement was not run because its session no longer exists, so that it can be run in a new one. */
export function sessionIsGone(error: unknown): boolean {
  return SESSION_GONE.test(codeOf(error));
}

/** True when it is not known whether Snowflake got the request: asking again with the same request id is right. */
export function answerIsMissing(error: unknown): boolean {
  return NO_ANSWER.test(codeOf(error));
}

/**
 * Turns what the driver throws into one of our errors. Snowflake quotes values in messages about data (a conversion, a constraint),
 * and the driver's errors carry the request with its token, so only codes and messages about the statement itself are kept.
 */
export function snowflakeError(error: unknown, moment: SnowflakeMoment): RetlError {
  if (error instanceof RetlError) return error;
  const { sqlState } = (error ?? {}) as DriverError;
  const code = codeOf(error);
  const details = { snowflake_code: code, sql_state: typeof sqlState === "string" ? sqlState : null };
  const make = (ours: ErrorCode, what: string, next: string) =>
    new RetlError(ours, {
      what: `${what} (Snowflake ${code || "without code"})`,
      state: STATE[moment],
      next,
      details,
    });

  const known = BY_CODE[code];
  if (known !== undefined) {
    const [ours, what, next] = known;
    return make(ours, ABOUT_THE_STATEMENT.test(code) ? `${what} ${statementMessage(error)}` : what, next);
  }
  if (moment === "open" && LOGIN.test(code)) {
    return make(
      "RETL_WAREHOUSE_UNAUTHORIZED",
      "Snowflake did not accept the login.",
      "Check user name, key or token of the resource, the user's network policy, and that its role is granted.",
    );
  }
  if (NO_ANSWER.test(code) || SESSION_GONE.test(code)) {
    return make(
      "RETL_WAREHOUSE_UNAVAILABLE",
      "Snowflake could not be reached, or the session ended.",
      "Run again; if it happens again, check account_identifier, access_url and the worker's network.",
    );
  }
  if (ABOUT_THE_STATEMENT.test(code)) {
    return make(
      "RETL_WAREHOUSE_REFUSED",
      `Snowflake refused a statement: ${statementMessage(error)}`,
      "Correct the configuration or the table it names.",
    );
  }
  return make(
    "RETL_WAREHOUSE_REFUSED",
    "Snowflake refused a statement.",
    "Look at the query in Snowflake's history by its query tag; the values are not shown here because they may be personal.",
  );
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as DriverError;
  return typeof code === "string" || typeof code === "number" ? String(code).padStart(6, "0") : "";
}

function statementMessage(error: unknown): string {
  const { message } = (error ?? {}) as DriverError;
  return typeof message === "string" ? message.split("\n").slice(0, 3).join(" ").slice(0, 300) : "";
}
