import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runDemo } from "./demo.ts";
import { DEFAULT_REPORT, readOptions } from "./options.ts";
import { createOutput } from "./output.ts";
import { REPOSITORY } from "./pipeline.ts";

const options = readOptions(process.argv);
const output = createOutput(options.json ? process.stderr : process.stdout);

const folder =
  options.data === undefined ? mkdtempSync(join(tmpdir(), "tailrace-demo-")) : resolve(options.data);
const forget = () => {
  if (options.data === undefined) rmSync(folder, { recursive: true, force: true });
};
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.once(signal, () => {
    output.close();
    forget();
    process.exit(code);
  });
}

try {
  mkdirSync(folder, { recursive: true });
  const report =
    options.report === DEFAULT_REPORT ? join(REPOSITORY, DEFAULT_REPORT) : resolve(options.report);
  const { good, summary } = await runDemo({ ...options, report }, folder, output);
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  process.exitCode = good ? 0 : 1;
} catch (error) {
  // One of our own errors starts with its code, which is its name.
  const message = error instanceof Error && error.constructor === Error ? error.message : String(error);
  output.close();
  output.problem(`The demo failed: ${message}`);
  if (options.json) process.stdout.write(`${JSON.stringify({ error: message })}\n`);
  process.exitCode = 1;
} finally {
  forget();
}
