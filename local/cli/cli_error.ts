import { AssetGraphError } from "../../f/asset_graph/asset_graph_error.ts";
import { RetlError } from "../../f/reverse_etl/sync/error.ts";
import { FlowRunnerError } from "../flow_runner/flow_runner_error.ts";
import { EXIT, type ExitCode } from "./command_result.ts";

export type CliErrorCode =
  | "CLI_USAGE"
  | "CLI_FLOWS"
  | "CLI_NO_RESOURCES"
  | "CLI_RESOURCES"
  | "CLI_UNKNOWN_SYNC"
  | "CLI_UNKNOWN_JOB"
  | "CLI_SELECTION";

/** The command line or the resources of this machine are wrong; nothing was read or written. */
export class CliError extends Error {
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string) {
    super(message);
    this.name = code;
    this.code = code;
  }
}

/** An error as a command prints it. */
export interface Failure {
  readonly exit: ExitCode;
  readonly code: string;
  /** Without the code in front. */
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What an error is to the caller of a command; `next` is what this command line can do about it. */
export function failureOf(error: unknown, next: string | null = null): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const [, prefix, rest] = /^([A-Z]+(?:_[A-Z]+)+): ([\s\S]*)$/.exec(message) ?? [];
  const failure = {
    code: codeOf(error) ?? prefix ?? "CLI_INTERNAL",
    message: [rest ?? message, ...(next === null ? [] : [next])].join(" "),
    details: error instanceof RetlError ? error.details : problemsOf(error),
  };
  return { exit: error instanceof CliError ? EXIT.usage : exitOf(failure.code), ...failure };
}

/** The exit code that goes with one of our error codes. */
export function exitOf(code: string): ExitCode {
  if (code.startsWith("RETL_HELD_")) return EXIT.held;
  return code === "RETL_BUSY" || code === "RETL_WAREHOUSE_LOCKED" ? EXIT.busy : EXIT.problems;
}

/** Our own codes only: a driver's error has a code, too. */
function codeOf(error: unknown): string | null {
  const ours =
    error instanceof CliError ||
    error instanceof RetlError ||
    error instanceof AssetGraphError ||
    error instanceof FlowRunnerError;
  return ours ? error.code : null;
}

function problemsOf(error: unknown): Readonly<Record<string, unknown>> {
  const listed = error instanceof AssetGraphError || error instanceof FlowRunnerError;
  return listed ? { problems: error.problems } : {};
}
