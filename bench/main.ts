import { SingleBar } from "cli-progress";
import Table from "cli-table3";
import { Command } from "commander";
import { benchDiff } from "./diff.ts";

const program = new Command("bench").description("Measures what Tailrace claims, as ratios within one run.");

program
  .command("diff")
  .description("change detection: ours, the article's SQL and the floor, on DuckDB")
  .option("--rows <n>", "rows of the source", "1000000")
  .option("--runs <n>", "incremental runs, each with 1 % of the rows changed", "5")
  .option("--json", "print one JSON line")
  .action(async (options: { rows: string; runs: string; json?: boolean }) => {
    const runs = Number(options.runs);
    const bar = new SingleBar({
      format: "runs {bar} {value}/{total}",
      noTTYOutput: false,
      stream: process.stderr,
    });
    bar.start(runs, 0);
    const figures = await benchDiff(Number(options.rows), runs, (run) => bar.update(run));
    bar.stop();
    if (options.json) {
      console.log(JSON.stringify(figures));
      return;
    }
    const table = new Table({ head: ["figure", "value"] });
    for (const [name, value] of Object.entries(figures)) table.push([name, String(value)]);
    console.log(table.toString());
  });

await program.parseAsync();
