import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { FlowRun } from "../../local/flow_runner/flow_run.ts";
import { type FlowWorld, TOKEN } from "./flow_world.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** A run of a world's flow in a process of its own. */
export interface FlowProcess {
  /** Ends it at once, as `kill -9` does; resolves when it is gone. */
  kill(): Promise<void>;
  /** What the flow gave; null when it was killed. */
  readonly ended: Promise<FlowRun | null>;
}

/** A world's database file must not be kept open. */
export function startFlowProcess(world: FlowWorld): FlowProcess {
  const resources = {
    "f/reverse_etl/snowflake": world.warehouse,
    "f/reverse_etl/hubspot": { token: TOKEN, base_url: world.hubspot.url },
    "f/reverse_etl/dbt": { backend: "none" },
  };
  const variables = { "f/reverse_etl/environment": "prod" };
  const script = join(import.meta.dirname, "run_flow_process.ts");
  const child = spawn(process.execPath, ["--import", "tsx", script], {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin?.end(JSON.stringify({ sync: world.sync, resources, variables }));
  const gone = exitOf(child);
  const ended = gone.then(({ signal, output, errors }) => {
    if (signal === "SIGKILL") return null;
    if (output === "") throw new Error(`the flow's process gave nothing: ${errors}`);
    return JSON.parse(output) as FlowRun;
  });
  // Whoever kills it does not wait for its end.
  ended.catch(() => undefined);
  return {
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
    ended,
  };
}

function exitOf(child: ChildProcess): Promise<{ signal: string | null; output: string; errors: string }> {
  let output = "";
  let errors = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return new Promise((resolve) => {
    child.once("close", (_code, signal) => resolve({ signal, output, errors }));
  });
}
