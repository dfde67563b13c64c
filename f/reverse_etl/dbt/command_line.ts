import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { RetlError } from "../sync/error.ts";
import { type CommandLineResource, parseCommandLineResource } from "./command_line_resource.ts";
import type { DbtBackend, DbtResult } from "./dbt_backend.ts";
import { noResults } from "./dbt_log.ts";
import { buildInProcess } from "./in_process.ts";
import { type ProcessEnd, runProcess } from "./run_process.ts";
import { parseDbtArtifacts } from "./run_results.ts";
import { selectionOf } from "./selection.ts";

/** After the interrupt, dbt gets this long to cancel its queries. */
const GRACE_MS = 10_000;

/**
 * The back end `command_line`: runs the real `dbt build` as a subprocess (dbt Core 1.8 or newer; tried with 1.11.16).
 * Opening throws `RETL_CONFIG` with every problem of the resource; building throws `RETL_CONFIG` without the executable.
 */
export function commandLine(resource: unknown): DbtBackend {
  const settings = parseCommandLineResource(resource);
  return buildInProcess(async ({ models, fullRefresh }) => {
    const selection = selectionOf(models);
    // A folder of its own for every build: results that are in it are this invocation's.
    const target = await mkdtemp(join(tmpdir(), "tailrace-dbt-"));
    try {
      const end = await runDbt(settings, argumentsOf(settings, selection, fullRefresh, target));
      return await resultOf(settings, end, target);
    } finally {
      await rm(target, { recursive: true, force: true });
    }
  });
}

function argumentsOf(
  settings: CommandLineResource,
  selection: readonly string[],
  fullRefresh: boolean,
  target: string,
): string[] {
  return [
    ...["--no-use-colors", "--log-format", "json", "--log-level", "error", "--log-path", target],
    // Without it, a model that does not exist is a success that built nothing.
    ...["--warn-error-options", JSON.stringify({ error: ["NoNodesForSelectionCriteria"] })],
    ...[
      "build",
      "--select",
      ...selection,
      "--project-dir",
      resolve(settings.project_dir),
      "--target-path",
      target,
    ],
    ...(settings.profiles_dir === undefined ? [] : ["--profiles-dir", resolve(settings.profiles_dir)]),
    ...(settings.target === undefined ? [] : ["--target", settings.target]),
    ...(settings.vars === undefined ? [] : ["--vars", JSON.stringify(settings.vars)]),
    ...(fullRefresh ? ["--full-refresh"] : []),
  ];
}

async function runDbt(settings: CommandLineResource, args: readonly string[]): Promise<ProcessEnd> {
  const isPath = /[\\/]/.test(settings.executable);
  try {
    return await runProcess(isPath ? resolve(settings.executable) : settings.executable, args, {
      // Where a person would run it, so that relative paths of a profile mean the same.
      cwd: resolve(settings.project_dir),
      environment: { ...process.env, ...settings.environment },
      timeoutMs: settings.timeout_seconds * 1000,
      graceMs: GRACE_MS,
    });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new RetlError("RETL_CONFIG", {
      what: `dbt could not be started: "${settings.executable}" ${code === "ENOENT" ? "is not there" : code === "EACCES" ? "is not executable" : `gave ${code ?? "an error"}`}.`,
      state: "Nothing was built or sent.",
      next: "Install dbt with the adapter of your warehouse where the steps run (pip install 'dbt-core<1.12' dbt-snowflake), or let `executable` of the dbt resource name it.",
    });
  }
}

/**
 * The results decide and not the exit code, which is 0 for an empty selection; but an exit code that tells of a failure
 * without a failed node (a hook, a crash half-way) is never taken for a success.
 */
async function resultOf(settings: CommandLineResource, end: ProcessEnd, target: string): Promise<DbtResult> {
  if (end.timedOut) {
    throw new RetlError("RETL_DBT_TIMEOUT", {
      what: `dbt had not ended after ${settings.timeout_seconds} seconds (timeout_seconds of the dbt resource) and was stopped with its children.`,
      state: "Nothing was planned or sent; models that dbt did build stay as it built them.",
      next: "Look at what the warehouse was doing, or allow more time.",
    });
  }
  const artifacts = await Promise.all(
    ["run_results.json", "manifest.json"].map((file) => readJson(join(target, file))),
  );
  const [runResults, manifest] = artifacts;
  if (end.signal !== null || runResults === undefined || manifest === undefined) throw noResults(end);
  const result = parsed(runResults, manifest, end);
  const failed = result.nodes.some(({ outcome }) => outcome === "failed" || outcome === "unknown");
  if (end.exitCode !== 0 && !failed) throw noResults(end);
  return result;
}

function parsed(runResults: unknown, manifest: unknown, end: ProcessEnd): DbtResult {
  try {
    return parseDbtArtifacts(runResults, manifest);
  } catch {
    throw noResults(end);
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
}
