import Table from "cli-table3";
import { Command } from "commander";
import colors from "picocolors";
import { NotRecordedAnswers, readRecordedAnswers } from "./recorded_answers.ts";
import { type ReplayReport, replay } from "./replay.ts";

const program = new Command()
  .name("replay")
  .description(
    "Serves recorded HubSpot answers to the push, over HTTP, and prints what comes out otherwise than expected.",
  )
  .argument("<file>", "JSON: { answers: [{ name, request, response, expected, call }] }")
  .action(async (file: string) => {
    const report = await replay(await readRecordedAnswers(file));
    process.stdout.write(printed(report));
    process.exitCode = report.differences.length === 0 ? 0 : 1;
  });

function printed({ answers, inputs, differences }: ReplayReport): string {
  const total = `${answers} answers, ${inputs} inputs: ${differences.length} differ\n`;
  if (differences.length === 0) return colors.green(total);
  const table = new Table({
    head: ["answer", "input", "expected", "came out as"],
    style: { head: [], border: [] },
  });
  for (const { answer, input, expected, actual } of differences) {
    table.push([answer, input === null ? "call" : String(input), expected, actual]);
  }
  return `${table.toString()}\n${colors.red(total)}`;
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof NotRecordedAnswers)) throw error;
  process.stderr.write(`${colors.red("replay:")} ${error.message}\n`);
  process.exitCode = 1;
}
