import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { StartOptions } from "../hubspot_simulator/server.ts";

/** What the demo asks of the simulator that it starts. */
export interface SimulatorRequest {
  readonly options: StartOptions;
  /** Holds the simulator's process id while it may still write its records; only with `stateFile`. */
  readonly pidFile?: string;
}

/** A simulator in a process of its own. */
export interface SimulatorProcess {
  readonly url: string;
  /** Ends it and resolves once it has written its records. */
  stop(): Promise<void>;
}

/** What the child tells its parent when it has started, or cannot. */
export type SimulatorMessage = { readonly url: string } | { readonly error: string };

const CHILD = fileURLToPath(new URL("./simulator_child.ts", import.meta.url));

/**
 * Starts the HubSpot simulator as a child process. It ends with its parent, however the parent ends, and writes its records before that.
 * Throws when it does not start, and when an earlier one with the same records was killed before it could write them.
 */
export async function startSimulatorProcess(request: SimulatorRequest): Promise<SimulatorProcess> {
  if (request.pidFile !== undefined) await formerSimulatorEnded(request.pidFile);
  const child = fork(CHILD, [JSON.stringify(request)], {
    execArgv: ["--import", import.meta.resolve("tsx")],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const started = new Promise<SimulatorMessage>((resolve) =>
    child.once("message", (message) => resolve(message as SimulatorMessage)),
  );
  const message = await Promise.race([started, ended.then(() => ({ error: "its process ended" }))]);
  if ("error" in message) throw new Error(`the HubSpot simulator did not start: ${message.error}`);
  return {
    url: message.url,
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

const FORMER_WAIT_MS = 30_000;

/** A killed demo leaves its simulator writing for a moment; its records must be complete before they are read. */
async function formerSimulatorEnded(pidFile: string): Promise<void> {
  const until = Date.now() + FORMER_WAIT_MS;
  while (existsSync(pidFile)) {
    const pid = Number(await readFile(pidFile, "utf8").catch(() => ""));
    if (pid > 0 && !isAlive(pid) && existsSync(pidFile)) {
      throw new Error(
        `the HubSpot simulator of this folder (process ${pid}) was killed before it could write its contacts, so they are lost. ` +
          "Remove the folder to start over; a simulator that outlives the runs is npm run simulator, with --hubspot.",
      );
    }
    if (Date.now() > until)
      throw new Error(`the HubSpot simulator of this folder still runs as process ${pid}: end it first.`);
    await setTimeout(100);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
