import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { RetlError } from "../../f/reverse_etl/sync/error.ts";
import { DBT_PROJECT, ROOT, sha256 } from "./project.ts";

const run = promisify(execFile);

/** What sql/dbt/requirements.txt needs: networkx 3.6 asks for 3.11. */
const OLDEST_PYTHON = [3, 11] as const;

/** Why dbt cannot be installed on this machine, as half a sentence; null when it can. */
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
 * The path of a dbt executable with exactly the packages of sql/dbt/requirements.txt, installed the first time (about 20 s and
 * 200 MB under .tailrace/, from PyPI) and again when that file changes. Throws `RETL_CONFIG` without a fitting Python.
 */
export async function ensureDbt(): Promise<string> {
  const requirements = join(DBT_PROJECT, "requirements.txt");
  const folder = join(ROOT, ".tailrace", "dbt-venv");
  const installed = join(folder, sha256(await readFile(requirements, "utf8")).slice(0, 12));
  const dbt = join(installed, "bin", "dbt");
  if (existsSync(dbt)) return dbt;

  const problem = pythonProblem();
  if (problem !== null)
    throw notInstalled(
      problem,
      "Install Python, or run without --dbt: the committed compiled models need none.",
    );
  process.stderr.write("Installing dbt into .tailrace/dbt-venv (once) …\n");
  await mkdir(folder, { recursive: true });
  // An environment cannot be moved, so each process makes its own and the first one that is complete gives it the name to find it by.
  const environment = await mkdtemp(`${installed}-`);
  try {
    await run("python3", ["-m", "venv", environment]);
    const pip = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"];
    await run(join(environment, "bin", "python"), [...pip, "--requirement", requirements]);
    // Left behind when somebody removed the environment that it names.
    if (!existsSync(installed)) await rm(installed, { force: true });
    await symlink(environment, installed);
  } catch (error) {
    await rm(environment, { recursive: true, force: true });
    if (existsSync(dbt)) return dbt;
    const said = String((error as { stderr?: unknown }).stderr ?? error).trim();
    throw notInstalled(
      said.split("\n").at(-1) ?? said,
      "Check that this machine reaches PyPI (or set PIP_INDEX_URL) and try again.",
    );
  }
  return dbt;
}

function notInstalled(why: string, next: string): RetlError {
  return new RetlError("RETL_CONFIG", {
    what: `dbt could not be installed: ${why}.`,
    state: "Nothing was built or sent.",
    next,
  });
}
