import { type ChildProcess, fork } from "node:child_process";
import { constants, setPriority } from "node:os";
import { BUN_BINARY } from "../local/build/bun_binary.ts";
import type { PushWork, WorkerFigures, WorkerMessage } from "./push_work.ts";

/** A process that pushes one batch, as a Windmill worker's job does. */
export interface WorkerProcess {
  /** Gives it its work. */
  start(work: PushWork): void;
  /** Ends it as a lost machine would. */
  kill(): void;
  /** Resolves when its process has ended, with what it measured of itself if it does; rejects when it failed. */
  readonly ended: Promise<WorkerFigures | null>;
}

/** What runs a worker: Bun as Windmill does by default, or the Node of this process. */
export type WorkerRuntime = "bun" | "node";

/** Starts a process from a bundle, or on Node from a script of this folder, and resolves once it has loaded its code. */
export async function startWorker(path: string, runtime: WorkerRuntime = "node"): Promise<WorkerProcess> {
  const child = fork(path, {
    execPath: runtime === "bun" ? BUN_BINARY : process.execPath,
    execArgv: path.endsWith(".ts") ? ["--import", import.meta.resolve("tsx")] : [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  // HubSpot does not share a worker's cores: without this the simulator, too, would wait for them, and count calls together that came one by one.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  const ended = endOf(child);
  // Whoever waits for it sees the failure; nobody waiting is no reason to end the benchmark.
  ended.catch(() => undefined);
  await Promise.race([
    new Promise<void>((resolve) => child.once("message", () => resolve())),
    ended.then(() => Promise.reject(new Error("a worker ended before it was ready"))),
  ]);
  return {
    start: (work) => child.send(work),
    kill: () => child.kill("SIGKILL"),
    ended,
  };
}

function endOf(child: ChildProcess): Promise<WorkerFigures | null> {
  let errors = "";
  let last: WorkerMessage | null = null;
  child.stderr?.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString("utf8")).slice(-2_000);
  });
  child.on("message", (message) => {
    last = message as WorkerMessage;
  });
  return new Promise((resolve, reject) => {
    child.once("exit", (code, signal) => {
      if (last?.kind === "failed") reject(new Error(`a worker failed: ${last.message}`));
      else if (code !== 0 && signal !== "SIGKILL")
        reject(new Error(`a worker ended with ${code}: ${errors}`));
      else resolve(last?.kind === "done" ? last : null);
    });
  });
}
