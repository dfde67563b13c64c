import { join } from "node:path";
import { loadJobs } from "../build/compile_flows.ts";
import { tailrace } from "./tailrace.ts";

const root = join(import.meta.dirname, "..", "..");

// Whoever reads only the first lines, as head does, ends the output.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

process.exitCode = await tailrace(process.argv.slice(2), {
  root,
  cwd: process.cwd(),
  environment: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  jobs: () => loadJobs(root),
});
