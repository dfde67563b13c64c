import Table from "cli-table3";
import { Command, InvalidArgumentError, Option } from "commander";
import pico from "picocolors";
import { progressBar } from "../local/progress_bar.ts";
import { benchDiff } from "./diff.ts";
import { benchMemory } from "./memory.ts";
import { benchPush } from "./push.ts";
import type { WorkerRuntime } from "./worker_process.ts";

const program = new Command("bench").description("Measures what Tailrace claims, as ratios within one run.");

program
  .command("diff")
  .description("change detection: ours, the article's SQL and the floor, on DuckDB")
  .option("--rows <n>", "rows of the source", whole, 1_000_000)
  .option("--runs <n>", "incremental runs, each with 1 % of the rows changed", whole, 5)
  .option("--json", "print one JSON line")
  .action(async ({ rows, runs, json }: { rows: number; runs: number; json?: boolean }) => {
    const bar = progressBar(process.stderr, pico, "{value}/{total} runs");
    bar.start(runs, 0);
    const figures = await benchDiff(rows, runs, (run) => {
      if (process.stderr.isTTY) bar.update(run);
      else say(`run ${run} of ${runs}`);
    });
    bar.stop();
    print(figures, json);
  });

program
  .command("push")
  .description("how much of HubSpot's limit several processes use that share it; needs Python 3.11")
  .option("--seconds <n>", "how long", whole, 60)
  .option("--workers <n>", "processes", whole, 4)
  .option("--kill-one", "one worker is killed half-way", false)
  .option("--other-user <share>", "part of the limit that another user of the token takes", part, 0)
  .option(
    "--statement-ms <n>",
    "what each statement of ours takes longer than the emulator's",
    wholeOrNone,
    0,
  )
  .addOption(runtime())
  .option("--no-peers", "leave out the article's hook and the client's own limiter")
  .option("--json", "print one JSON line")
  .action(async ({ json, ...options }: Parameters<typeof benchPush>[0] & { json?: boolean }) => {
    print(await benchPush(options, say), json);
  });

program
  .command("memory")
  .description("peak memory of a push and where its time goes, without a limit or latency; needs Python 3.11")
  .option("--changes <n...>", "how many changes", sizes, [100, 10_000, 1_000_000])
  .addOption(runtime())
  .option("--json", "print one JSON line")
  .action(
    async ({ changes, runtime, json }: { changes: number[]; runtime: WorkerRuntime; json?: boolean }) => {
      const figures = await benchMemory(changes, runtime, say);
      if (json) console.log(JSON.stringify(figures));
      else for (const each of figures) print(each, false);
    },
  );

function runtime(): Option {
  const what = "what runs our push; Windmill's default is Bun";
  return new Option("--runtime <name>", what).choices(["bun", "node"]).default("bun");
}

function print(figures: object, json: boolean | undefined): void {
  if (json) {
    console.log(JSON.stringify(figures));
    return;
  }
  const table = new Table({ head: ["figure", "value"] });
  for (const [name, value] of Object.entries(figures))
    table.push([name, typeof value === "object" ? JSON.stringify(value) : String(value)]);
  console.log(table.toString());
}

function say(what: string): void {
  process.stderr.write(`${what}\n`);
}

function whole(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number above 0.");
}

function wholeOrNone(text: string): number {
  return text === "0" ? 0 : whole(text);
}

function sizes(text: string, former: number[] | undefined): number[] {
  // The default comes as what was given before.
  return [...(former?.length === 3 && former[2] === 1_000_000 ? [] : (former ?? [])), whole(text)];
}

function part(text: string): number {
  const value = Number(text);
  if (text !== "" && value >= 0 && value < 1) return value;
  throw new InvalidArgumentError("It must be at least 0 and below 1.");
}

await program.parseAsync();
