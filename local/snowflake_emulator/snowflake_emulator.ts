import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { RetlError } from "../../f/reverse_etl/sync/error.ts";
import { ensurePythonEnvironment } from "../python_environment.ts";

const HERE = import.meta.dirname;

/** Lines of what a failing start printed that are shown. */
const SHOWN_LINES = 5;

export interface RunningSnowflake {
  /** Scheme, host and port. */
  readonly url: string;
  /** A resource of Windmill's type `snowflake` for one of its databases; every name is a database of its own, empty at first. */
  resource(database: string): SnowflakeEmulatorResource;
  close(): Promise<void>;
}

export interface SnowflakeEmulatorResource {
  readonly [field: string]: string;
}

/**
 * Starts an emulator that speaks Snowflake's protocol on a free port of this machine, installing it the first time (fakesnow and
 * DuckDB from PyPI, about a minute and 350 MB under .tailrace/). What it keeps is in memory; it ends with this process.
 * `priority` is the operating system's, of node:os's `constants.priority`. Throws `RETL_CONFIG` where it cannot be installed or does not start.
 */
export async function startSnowflakeEmulator({
  priority,
}: {
  readonly priority?: number;
} = {}): Promise<RunningSnowflake> {
  const bin = await ensurePythonEnvironment({
    name: "snowflake-emulator",
    requirements: join(HERE, "requirements.txt"),
    purpose: "the Snowflake emulator",
    otherwise: "Install Python, or use DuckDB, which needs none.",
  });
  const child = spawn(join(bin, "python"), [join(HERE, "emulator.py")], { stdio: ["pipe", "pipe", "pipe"] });
  // Before it has any thread but the first: those that come later take its priority over.
  if (priority !== undefined && child.pid !== undefined) setPriority(child.pid, priority);
  const ended = once(child, "exit");
  const url = `http://127.0.0.1:${await portOf(child)}`;
  return {
    url,
    resource: (database) => ({
      account_identifier: "emulator",
      username: "tailrace",
      password: "emulator",
      database,
      schema: "PUBLIC",
      warehouse: "EMULATOR",
      role: "PUBLIC",
      access_url: url,
    }),
    async close() {
      child.stdin?.end();
      await ended;
    },
  };
}

/** The port that it says it listens on. */
function portOf(child: ChildProcess): Promise<number> {
  const said: string[] = [];
  child.stderr?.on("data", (chunk: Buffer) => {
    said.push(chunk.toString("utf8"));
    if (said.length > SHOWN_LINES) said.shift();
  });
  return new Promise((resolve, reject) => {
    const notStarted = (why: string) =>
      reject(
        new RetlError("RETL_CONFIG", {
          what: `The Snowflake emulator did not start: ${why}.`,
          state: "Nothing was read or written.",
          next: "Remove .tailrace/snowflake-emulator-venv, so that it is installed anew, and try again.",
        }),
      );
    child.once("error", (error) => notStarted(error.message));
    child.once("exit", () => notStarted(said.join("").trim().split("\n").slice(-SHOWN_LINES).join("\n")));
    createInterface({ input: child.stdout ?? process.stdin }).once("line", (line) =>
      resolve((JSON.parse(line) as { port: number }).port),
    );
  });
}
