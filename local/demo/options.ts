import { Command, InvalidArgumentError, Option } from "commander";
import { ALL_DAYS } from "./purchases.ts";

/** What the command line asks for. */
export interface DemoOptions {
  readonly days: number;
  readonly seed: number;
  readonly json: boolean;
  readonly warehouse: "duckdb" | "emulator";
  /** The folder that keeps the warehouse (and the simulator's records) between two calls; absent for a temporary one. */
  readonly data?: string;
  /** A HubSpot that already runs; absent for the simulator as a child process. */
  readonly hubspot?: string;
  /** Absent for the environment's HUBSPOT_TOKEN or, without it, the simulator's own. */
  readonly token?: string;
  readonly environment: "prod" | "staging";
  readonly dbt: boolean;
  readonly timings: "default" | "short";
  readonly report: string;
  /** Milliseconds that each of the simulator's answers takes. */
  readonly latency: { readonly minMs: number; readonly maxMs: number };
}

export const DEFAULT_REPORT = ".tailrace/report.html";

/**
 * Reads the command line (as `process.argv` has it).
 * For `--help` and for options that are wrong it writes to stderr or stdout and ends the process, as commander does.
 */
export function readOptions(argv: readonly string[]): DemoOptions {
  const program = new Command("npm start --")
    .description(
      "Replays real purchases (CDNOW, 1997-01-01 to 1998-06-30), one run of the compiled flow a day, between a warehouse on this " +
        "machine and a HubSpot simulator, and compares every contact with the purchases at the end.",
    )
    .option("--days <number>", `days to have replayed in the end, 1 to ${ALL_DAYS}`, days, 14)
    .option("--seed <number>", "decides the simulator's latencies", wholeNumber, 1)
    .option("--json", "end with one line of JSON on stdout; everything else goes to stderr", false)
    .addOption(
      new Option("--warehouse <name>", "DuckDB, or an emulator that speaks Snowflake's protocol")
        .choices(["duckdb", "emulator"])
        .default("duckdb"),
    )
    .option("--data <folder>", "keep the warehouse there and resume it (default: a temporary one)")
    .option("--hubspot <url>", "use a HubSpot that already runs (default: a simulator of its own)", httpUrl)
    .option("--token <token>", "token for --hubspot (default: $HUBSPOT_TOKEN, else the simulator's)")
    .addOption(
      new Option("--environment <name>", "only prod sends anything")
        .choices(["prod", "staging"])
        .default("prod"),
    )
    .option("--dbt", "let dbt itself build the tables, not the SQL that it compiled", false)
    .addOption(
      new Option("--timings <name>", "the sync's own, or a lease of 8 s and shorter pauses")
        .choices(["default", "short"])
        .default("default"),
    )
    .addOption(
      new Option("--latency <range>", "milliseconds that an answer of the simulator takes")
        .argParser(latency)
        .default({ minMs: 20, maxMs: 80 }, "20-80"),
    )
    .option("--report <file>", "where the HTML report goes", DEFAULT_REPORT)
    .parse([...argv]);
  const options = program.opts<DemoOptions>();
  if (options.warehouse === "emulator" && options.data !== undefined) {
    program.error(
      "error: --warehouse emulator keeps its tables in memory, so there is nothing for --data to resume: leave out one of them.",
    );
  }
  return options;
}

function days(text: string): number {
  const number = wholeNumber(text);
  if (number >= 1 && number <= ALL_DAYS) return number;
  throw new InvalidArgumentError(`It must be between 1 and ${ALL_DAYS}.`);
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number.");
}

function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text).origin;
  throw new InvalidArgumentError("It must be an http or https URL.");
}

function latency(text: string): DemoOptions["latency"] {
  const [, minMs, maxMs] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  if (minMs !== undefined && maxMs !== undefined && Number(minMs) <= Number(maxMs)) {
    return { minMs: Number(minMs), maxMs: Number(maxMs) };
  }
  throw new InvalidArgumentError("Write it as in 20-80.");
}
