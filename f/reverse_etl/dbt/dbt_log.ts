import { RetlError } from "../sync/error.ts";
import { withoutRowValues } from "./node_message.ts";
import type { ProcessEnd } from "./run_process.ts";

/** How dbt introduces the error that ended it. */
const INTRODUCTION = "Encountered an error:\n";

/** Messages that dbt logged as errors, in order, from its JSON log; lines that are no such log entries are left out. */
export function loggedErrors(stdout: string): string[] {
  return stdout.split("\n").flatMap((line) => {
    try {
      const { info } = JSON.parse(line) as { info?: { level?: unknown; msg?: unknown } };
      if (info?.level !== "error" || typeof info.msg !== "string") return [];
      const message = info.msg.startsWith(INTRODUCTION) ? info.msg.slice(INTRODUCTION.length) : info.msg;
      return message.trim() === "" ? [] : [message];
    } catch {
      return [];
    }
  });
}

/**
 * The error for a dbt that ended without results to decide on: `RETL_DBT_UNAVAILABLE` when it was killed or could not work with
 * the warehouse, which another try may change; `RETL_DBT_FAILED` for everything that only a person can change.
 */
export function noResults(end: ProcessEnd): RetlError {
  const errors = loggedErrors(end.stdout);
  const passing = end.signal !== null || errors.some((message) => /^(Database Error|IO Error)/.test(message));
  const said = [...new Set(errors.map(withoutRowValues))].filter((line) => line !== null).slice(0, 5);
  // Python's last line names the exception when dbt itself does not start.
  const crash = end.stderr.trim().split("\n").at(-1) ?? "";
  if (said.length === 0 && /^[A-Za-z.]*Error\b/.test(crash)) said.push(crash.slice(0, 200));
  const how = end.signal === null ? `with exit code ${end.exitCode}` : `by the signal ${end.signal}`;
  return new RetlError(passing ? "RETL_DBT_UNAVAILABLE" : "RETL_DBT_FAILED", {
    what: `dbt ended ${how} without results that could be relied on${said.length === 0 ? "." : `:\n${said.map((line) => `  ${line}`).join("\n")}\n`}`,
    state: "Nothing was planned or sent; models that dbt did build stay as it built them.",
    next: "Run the same dbt build by hand in the project's folder to see all of its log.",
  });
}
