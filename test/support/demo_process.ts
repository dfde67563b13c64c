import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../local/demo/main.ts", import.meta.url));
/** The longest that a demo of a test may take. */
export const DEMO_TIMEOUT_MS = 240_000;

/** How a demo ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the demo as `npm start` does, in a process of its own. */
export const demo = (...args: readonly string[]): Promise<Ended> => demoIn({}, ...args);

/** The same with some environment variables of its own. */
export function demoIn(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Ended> {
  const argv = ["--import", import.meta.resolve("tsx"), MAIN, "--latency", "0-2", ...args];
  return new Promise((resolve) => {
    const options = { timeout: DEMO_TIMEOUT_MS, env: { ...process.env, HUBSPOT_TOKEN: "", ...environment } };
    execFile(process.execPath, argv, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
