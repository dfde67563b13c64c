import { runProcess } from "../../f/reverse_etl/dbt/run_process.ts";

// Run by a test, which stops it: starts a subprocess that writes its own id to the file named by the first argument and then sleeps.
const [, , file = ""] = process.argv;
await runProcess("/bin/sh", ["-c", 'echo $$ > "$0.part"; mv "$0.part" "$0"; sleep 300', file], {
  cwd: "/",
  environment: process.env,
  timeoutMs: 60_000,
  graceMs: 200,
});
