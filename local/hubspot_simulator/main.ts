import { readFile } from "node:fs/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { EXIT } from "../cli/command_result.ts";
import { type StartOptions, startSimulator } from "./server.ts";
import { DEFAULT_TOKEN, faultRules, objectSpecifications } from "./settings.ts";

interface Flags {
  readonly port: number;
  readonly burst: number;
  readonly window: number;
  readonly daily: number;
  readonly latency: { readonly minMs: number; readonly maxMs: number };
  readonly seed: number;
  readonly token: readonly string[];
  readonly objects?: string;
  readonly echoTraceIds: boolean | "errors";
  readonly retryAfter: boolean;
  readonly history: boolean;
  readonly faults?: string;
  readonly state?: string;
}

const FAULTS = `
A file of --faults is a list of rules. Every rule counts the calls that match it; the first that is due acts:

[
  { "match": { "path": "/batch/upsert$" }, "nth": 2, "times": 2, "action": { "reply": { "status": 503 } } },
  { "match": { "path": "/batch/upsert$" }, "nth": 4, "action": { "apply": "now", "reply": "reset" } },
  { "times": "always", "action": { "delayMs": 200, "echo": { "city": "Elsewhere" } } }
]

  match   method, path (a regular expression over path and query), bodyContains; every call without it
  nth     the first matching call that it acts on (1)
  times   how many matching calls from there on, or "always" (1)
  action  apply    "now", "never" or { "afterMs": 500 }: whether the call is applied ("now"; "never" with a status to reply)
          delayMs  how much later than usual the answer leaves (0)
          reply    "normal", "empty_results", "close", "reset", "hang", or { "status": 429, "body": {}, "headers": {} }
          echo     properties that the answer shows with another value than HubSpot holds
`;

const command = new Command("simulator")
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.fine : EXIT.usage))
  .description("A HubSpot that runs on this machine, as unforgiving as the real one.")
  .option("--port <number>", "port to listen on; 0 takes a free one", wholeNumber, 8787)
  .option("--burst <calls>", "calls of one token in a window", wholeNumber, 190)
  .option("--window <milliseconds>", "length of the burst window", wholeNumber, 10_000)
  .option("--daily <calls>", "calls of all tokens in a day", wholeNumber, 625_000)
  .addOption(
    new Option("--latency <range>", "milliseconds that a call takes, as in 20-80")
      .argParser(range)
      .default({ minMs: 0, maxMs: 0 }, "0"),
  )
  .option("--seed <number>", "decides latencies, order of results and random faults", wholeNumber, 1)
  .option("--token <token...>", "tokens that are accepted, one per private app", [DEFAULT_TOKEN])
  .option("--objects <file>", "JSON: object types and properties beside HubSpot's own")
  .option("--echo-trace-ids <where>", "true, false, or errors (only in errors)", echo, true)
  .option("--retry-after", "429s carry Retry-After", false)
  .option("--no-history", "do not keep every write for inspection")
  .option("--faults <file>", "JSON: a list of fault rules")
  .option("--state <file>", "records are read from here at the start and written here at the end")
  .addHelpText("after", FAULTS);

async function main(): Promise<void> {
  const flags = command.parse().opts<Flags>();
  const running = await startSimulator(await startOptions(flags));
  process.stdout.write(`HubSpot simulator listening on ${running.url}\n`);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    running.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

async function startOptions(flags: Flags): Promise<StartOptions> {
  return {
    port: flags.port,
    burst: { calls: flags.burst, windowMs: flags.window },
    daily: { calls: flags.daily },
    latency: flags.latency,
    seed: flags.seed,
    tokens: flags.token.map((token) => ({ token })),
    echoTraceIds: flags.echoTraceIds,
    retryAfter: flags.retryAfter,
    history: flags.history,
    objects: await fileOf(flags.objects, objectSpecifications),
    faults: await fileOf(flags.faults, faultRules),
    ...(flags.state === undefined ? {} : { stateFile: flags.state }),
  };
}

async function fileOf<T>(file: string | undefined, schema: z.ZodType<T[]>): Promise<T[]> {
  if (file === undefined) return [];
  try {
    return schema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    return command.error(`error: ${file} cannot be read: ${messageOf(error)}`);
  }
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number.");
}

function range(text: string): { minMs: number; maxMs: number } {
  const [, minMs, maxMs] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (minMs === undefined || maxMs === undefined) throw new InvalidArgumentError("Write it as in 20-80.");
  return { minMs: Number(minMs), maxMs: Number(maxMs) };
}

function echo(text: string): boolean | "errors" {
  if (text === "true" || text === "false") return text === "true";
  if (text === "errors") return "errors";
  throw new InvalidArgumentError("It is true, false or errors.");
}

function messageOf(error: unknown): string {
  return error instanceof z.ZodError ? z.prettifyError(error) : String(error);
}

function fail(error: unknown): void {
  const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
  const message = isTaken
    ? "its port is taken. End what listens there, or choose another with --port."
    : messageOf(error);
  process.stderr.write(`The simulator did not start or stop cleanly: ${message}\n`);
  process.exit(EXIT.problems);
}

main().catch(fail);
