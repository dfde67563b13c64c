import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { RetlError } from "../f/reverse_etl/sync/error.ts";

const run = promisify(execFile);

/** Where the environments are kept; ignored by git. */
const FOLDER = fileURLToPath(new URL("../.tailrace", import.meta.url));

/** What the pinned packages need: networkx 3.6 of dbt and fakesnow 0.12 ask for 3.11. */
const OLDEST_PYTHON = [3, 11] as const;

export interface PythonEnvironment {
  /** Names its folder under .tailrace/. */
  readonly name: string;
  /** Path of a requirements file with exact versions. */
  readonly requirements: string;
  /** What is being installed and why, for the one line that is shown before it. */
  readonly purpose: string;
  /** What to do when it cannot be installed. */
  readonly otherwise: string;
}

/** Why no environment can be made on this machine, as half a sentence; null when one can. */
export function pythonProblem(): string | null {
  const probe = spawnSync(
    "python3",
    ["-c", "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"],
    { encoding: "utf8" },
  );
  if (probe.error !== undefined) return "there is no python3 on the PATH";
  if (probe.status !== 0)
    return "python3 lacks the modules venv and ensurepip (Debian: apt install python3-venv)";
  const [major = 0, minor = 0] = probe.stdout.trim().split(".").map(Number);
  if (major === OLDEST_PYTHON[0] && minor >= OLDEST_PYTHON[1]) return null;
  return `python3 is ${probe.stdout.trim()}, and ${OLDEST_PYTHON.join(".")} or newer is needed`;
}

/**
 * The `bin` folder of a virtual environment with exactly the packages of a requirements file, installed from PyPI the first time
 * and again when that file changes. Throws `RETL_CONFIG` without a fitting Python or when the installation fails.
 */
export async function ensurePythonEnvironment(wanted: PythonEnvironment): Promise<string> {
  const folder = join(FOLDER, `${wanted.name}-venv`);
  const hash = createHash("sha256").update(await readFile(wanted.requirements, "utf8"));
  const installed = join(folder, hash.digest("hex").slice(0, 12));
  const bin = join(installed, "bin");
  if (existsSync(bin)) return bin;

  const problem = pythonProblem();
  if (problem !== null) throw notInstalled(wanted, problem, wanted.otherwise);
  process.stderr.write(`Installing ${wanted.purpose} into .tailrace/${wanted.name}-venv (once) …\n`);
  await mkdir(folder, { recursive: true });
  // An environment cannot be moved, so each process makes its own and the first one that is complete gives it the name to find it by.
  const environment = await mkdtemp(`${installed}-`);
  try {
    await run("python3", ["-m", "venv", environment]);
    const pip = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"];
    await run(join(environment, "bin", "python"), [...pip, "--requirement", wanted.requirements]);
    // Left behind when somebody removed the environment that it names.
    if (!existsSync(installed)) await rm(installed, { force: true });
    await symlink(environment, installed);
  } catch (error) {
    await rm(environment, { recursive: true, force: true });
    if (existsSync(bin)) return bin;
    const said = String((error as { stderr?: unknown }).stderr ?? error).trim();
    throw notInstalled(
      wanted,
      said.split("\n").at(-1) ?? said,
      "Check that this machine reaches PyPI (or set PIP_INDEX_URL) and try again.",
    );
  }
  return bin;
}

function notInstalled(wanted: PythonEnvironment, why: string, next: string): RetlError {
  return new RetlError("RETL_CONFIG", {
    what: `${wanted.purpose} could not be installed: ${why}.`,
    state: "Nothing was built or sent.",
    next,
  });
}
