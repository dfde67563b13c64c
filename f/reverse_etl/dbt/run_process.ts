import { spawn } from "node:child_process";

export interface ProcessEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  /** The last 256 KiB of each stream. */
  readonly stdout: string;
  readonly stderr: string;
}

const KEPT_CHARACTERS = 256 * 1024;
const STOPPING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs a program without a shell and waits for it and everything that holds its output.
 *
 * It gets a process group of its own, so that its children end with it: after `timeoutMs` the group is interrupted (dbt cancels its
 * queries on that) and killed `graceMs` later; it is killed at once when this process is told to stop.
 * Rejects with Node's own error when the program cannot be started.
 */
export function runProcess(
  program: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly timeoutMs: number;
    readonly graceMs: number;
  },
): Promise<ProcessEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...options.environment },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const kept = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (text: string) => {
        kept[stream] = (kept[stream] + text).slice(-KEPT_CHARACTERS);
      });
    }

    let timedOut = false;
    let killing: NodeJS.Timeout | undefined;
    const deadline = setTimeout(() => {
      timedOut = true;
      signalGroup(child.pid, "SIGINT");
      killing = setTimeout(() => signalGroup(child.pid, "SIGKILL"), options.graceMs);
    }, options.timeoutMs);

    const killGroup = () => signalGroup(child.pid, "SIGKILL");
    const stop = (signal: NodeJS.Signals) => {
      killGroup();
      stopListening();
      // Listening took away the signal's own effect; whoever else listens decides for themselves.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    };
    for (const signal of STOPPING_SIGNALS) process.on(signal, stop);
    process.on("exit", killGroup);
    const stopListening = () => {
      for (const signal of STOPPING_SIGNALS) process.off(signal, stop);
      process.off("exit", killGroup);
      clearTimeout(deadline);
      clearTimeout(killing);
    };

    child.on("error", (error) => {
      stopListening();
      reject(error);
    });
    child.on("close", (exitCode, signal) => {
      stopListening();
      // Children that hold none of its output may outlive the interrupt.
      if (timedOut) killGroup();
      resolve({ exitCode, signal, timedOut, ...kept });
    });
  });
}

/** It fails only for a group that has ended (or, on macOS, that waits to be reaped), which is what was wanted. */
function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {}
}
