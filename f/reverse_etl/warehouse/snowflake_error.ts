import { type ErrorCode, RetlError } from "../sync/error.ts";

/**
 * What was being done when the driver failed; it decides what is known of the state. `inside` is any statement of a transaction, `read` and
 * `write` are statements by themselves.
 */
export type SnowflakeMoment = "open" | "read" | "write" | "inside" | "commit";

interface DriverError {
  /** Snowflake's own code as six digits, the driver's as a number. */
  readonly code?: unknown;
  readonly sqlState?: unknown;
  readonly message?: unknown;
  readonly data?: unknown;
  readonly response?: unknown;
}

const NOTHING_READ = "Nothing was read or written.";
const NOTHING_REMAINS = "Nothing of this statement or transaction remains.";

/** What is known when Snowflake has refused. */
const STATE: Readonly<Record<SnowflakeMoment, string>> = {
  open: NOTHING_READ,
  read: NOTHING_READ,
  write: NOTHING_REMAINS,
  inside: NOTHING_REMAINS,
  commit: NOTHING_REMAINS,
};

/** What is known when Snowflake's answer is missing. */
const STATE_WITHOUT_ANSWER: Readonly<Record<SnowflakeMoment, string>> = {
  ...STATE,
  write:
    "Whether the statement was carried out is not known; a repeated step finds out and does nothing twice.",
  commit:
    "Whether the transaction was committed is not known; a repeated step finds out and does nothing twice.",
};

const MISSING_OBJECT = [
  "RETL_NOT_MIGRATED",
  "An object does not exist in Snowflake, or the role may not see it.",
  "Run the migrate step of the job, build the source table, or grant the role its privileges on it (sql/grants/snowflake.sql).",
] as const;

const EXPIRED_OAUTH = [
  "RETL_WAREHOUSE_UNAUTHORIZED",
  "Snowflake did not accept the OAuth token: it has expired or is not one of Snowflake's.",
  "Connect the resource anew, so that Windmill renews its token, and run again.",
] as const;

/**
 * Snowflake's codes for what is not an error of the statement, and for what a person can act on. Lock waiters: resultant.com,
 * overcoming-concurrent-write-limits; 000630: snowflake-labs/semantic-model-generator#221; 000606: snowflakedb/snowflake-jdbc#657;
 * 003001: sqitchers/sqitch#586; 390144: docs.snowflake.com, key-pair-auth-troubleshooting; 390432: okou-ai/vm0-skills#178; all read 2026-11.
 * Other session and login codes: snowflake-sdk 3.3.0, gs_errors.js and error_code.js.
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
  "000904": [
    "RETL_NOT_MIGRATED",
    "A column does not exist in Snowflake: the tables are of an earlier version, or the source changed during the run.",
    "Run the migrate flow of the job, which adds what is missing; if that changes nothing, correct the source table.",
  ],
  "002003": MISSING_OBJECT,
  "002043": MISSING_OBJECT,
  "003001": [
    "RETL_WAREHOUSE_REFUSED",
    "The role lacks a privilege in Snowflake.",
    "Grant it to the role of the resource (sql/grants/snowflake.sql).",
  ],
  "000606": [
    "RETL_WAREHOUSE_REFUSED",
    "The session has no virtual warehouse: the one that the resource names does not exist or the role may not use it.",
    "Correct `warehouse` in the resource, or grant USAGE on it to the role (sql/grants/snowflake.sql).",
  ],
  "390100": [
    "RETL_WAREHOUSE_UNAUTHORIZED",
    "Snowflake did not accept user name and credential.",
    "Check both in the resource, and that the user is not disabled.",
  ],
  "390144": [
    "RETL_WAREHOUSE_UNAUTHORIZED",
    "Snowflake did not accept what the private key signed.",
    "Check that the user's RSA_PUBLIC_KEY belongs to the key of the resource (DESCRIBE USER), account_identifier, username, and the worker's clock.",
  ],
  "390303": EXPIRED_OAUTH,
  "390318": EXPIRED_OAUTH,
  "390432": [
    "RETL_WAREHOUSE_UNAUTHORIZED",
    "Snowflake takes the user's programmatic access token only under a network policy, and none is set.",
    "Attach a network policy that lets the workers in to the user.",
  ],
};

/** Snowflake's classes of errors about the statement itself, not about data: its message names objects, never values. */
const ABOUT_THE_STATEMENT = /^(001\d\d\d|000904|002\d\d\d|003\d\d\d)$/;

/** Codes of Snowflake's login service: wrong credentials, a blocked user, a role that is not granted, a network policy. */
const LOGIN = /^39\d{4}$/;

/** The session is gone: its tokens are unknown or expired, or the driver has closed it. */
const SESSION_GONE = /^(390104|390111|390112|390114|401004|407001|407002)$/;

/** The driver got no answer that it can read: no network, an HTTP error, or something that is not Snowflake's; 402: for a part of a result. */
const NO_ANSWER = /^(40100[123]|40200[12])$/;

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
  const isUnanswered = NO_ANSWER.test(code) || SESSION_GONE.test(code);
  const state = (isUnanswered ? STATE_WITHOUT_ANSWER : STATE)[moment];
  const make = (ours: ErrorCode, what: string, next: string) =>
    new RetlError(ours, {
      what: `${what} (Snowflake ${code || "without code"})`,
      state,
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
  if (isUnanswered) {
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
