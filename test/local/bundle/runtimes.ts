import { spawn, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const MODULES = join(import.meta.dirname, "..", "..", "..", "node_modules");

/** A runtime that a bundle is to run on. */
export interface Runtime {
  readonly name: "node" | "bun" | "deno";
  /** Null where there is no binary of it for this machine. */
  readonly binary: string | null;
  /** What comes before the file: nothing beside the bundle may be loaded, let alone installed. */
  readonly flags: readonly string[];
}

export const RUNTIMES: readonly Runtime[] = [
  { name: "node", binary: process.execPath, flags: [] },
  { name: "bun", binary: firstThatRuns(bunBinaries()), flags: ["--no-install"] },
  {
    name: "deno",
    binary: firstThatRuns(denoBinaries()),
    flags: [
      "run",
      "--no-prompt",
      "--no-config",
      "--no-remote",
      "--no-npm",
      "--allow-net",
      "--allow-env",
      "--allow-read",
      "--allow-sys",
    ],
  },
];

/** The runtimes that are here, and the names of the others. */
export const AVAILABLE = RUNTIMES.filter(({ binary }) => binary !== null);
export const ABSENT = RUNTIMES.filter(({ binary }) => binary === null).map(({ name }) => name);

/**
 * Runs a file with one argument and answers what it printed last, as JSON. The process gets an environment of its own, with
 * `environment` in it. Throws an error with what it said when it fails.
 */
export async function runOn<T>(
  { name, binary, flags }: Runtime,
  file: string,
  order: unknown,
  environment: Readonly<Record<string, string>> = {},
): Promise<T> {
  if (binary === null) throw new Error(`there is no ${name} here`);
  const child = spawn(binary, [...flags, file, JSON.stringify(order)], {
    cwd: join(file, ".."),
    env: { PATH: "", HOME: join(file, ".."), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  let complained = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  child.stderr.on("data", (chunk: Buffer) => {
    complained += chunk.toString("utf8");
  });
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${complained}\n${said}`);
  return JSON.parse(said.trim().split("\n").at(-1) ?? "") as T;
}

/** The package's own file, which its installation script puts there, or that of the platform's package, for an npm that runs no scripts. */
function bunBinaries(): readonly string[] {
  return [join(MODULES, "bun", "bin", "bun.exe"), ...inFolders("@oven", join("bin", "bun"))];
}

function denoBinaries(): readonly string[] {
  return [join(MODULES, "deno", "deno"), ...inFolders("@deno", "deno")];
}

function inFolders(scope: string, file: string): readonly string[] {
  try {
    return readdirSync(join(MODULES, scope)).map((folder) => join(MODULES, scope, folder, file));
  } catch {
    return [];
  }
}

function firstThatRuns(binaries: readonly string[]): string | null {
  return binaries.find((binary) => spawnSync(binary, ["--version"]).status === 0) ?? null;
}
