import { Cron } from "croner";
import type { Asset } from "./asset.ts";
import { nodeOf } from "./asset_node.ts";
import { findCycle, reachableAssets } from "./graph.ts";
import type { Job } from "./job.ts";
import { isAssetKey } from "./key.ts";
import { nearestName } from "./nearest_name.ts";
import { selectAssets } from "./selection.ts";
import { SelectionError } from "./selection_parser.ts";

/** Every problem of a graph and its jobs; thrown while compiling, never in a run. */
export class AssetGraphError extends Error {
  readonly code = "ASSET_GRAPH_INVALID";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super(
      `${count} in the asset graph:\n${problems.map((problem) => `  ${problem.replaceAll("\n", "\n  ")}`).join("\n")}`,
    );
    this.name = this.code;
    this.problems = problems;
  }
}

const LABEL = /^[a-z0-9][a-z0-9_./-]*$/;
const OWNER = /^(team:[a-z0-9][a-z0-9_-]*|[^@\s]+@[^@\s]+\.[^@\s]+)$/;
const JOB_NAME = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

/** Throws an `AssetGraphError` that lists every problem of the jobs and of all their assets, each with its fix. */
export function validate(jobs: readonly Job[]): void {
  const problems = [
    ...graphProblems(jobs.flatMap((job) => job.assets)),
    ...jobs.flatMap(jobProblems),
    ...repeatedJobs(jobs),
  ];
  if (problems.length > 0) throw new AssetGraphError([...new Set(problems)]);
}

function graphProblems(declared: readonly Asset[]): readonly string[] {
  const listed = new Set(declared);
  const assets = reachableAssets(declared);
  const cycle = findCycle(assets);
  return [
    ...assets.flatMap(assetProblems),
    ...repeatedKeys(assets),
    ...assets.flatMap((asset) => unknownDependencies(asset, listed)),
    ...(cycle === null ? [] : [`Cycle: ${cycle.join(" -> ")}. Remove one of these dependencies.`]),
    ...writeConflicts(assets),
  ];
}

function assetProblems(asset: Asset): readonly string[] {
  const problems: string[] = [];
  const say = (problem: string) => problems.push(`${asset.key}: ${problem}`);
  if (!isAssetKey(asset.key)) {
    say(
      `"${asset.key}" is not an asset key. Use lower-case words joined by "_", "." or "/", such as "hubspot/contacts".`,
    );
  }
  for (const option of asset.unknownOptions)
    say(`the option "${option}" does not exist. Remove it: it would have no effect.`);
  for (const owner of asset.owners) {
    if (!OWNER.test(owner)) say(`the owner "${owner}" is neither an e-mail address nor team:<name>.`);
  }
  if (asset.group !== null && !LABEL.test(asset.group))
    say(`the group "${asset.group}" must be in lower case without blanks.`);
  for (const kind of asset.kinds)
    if (!LABEL.test(kind)) say(`the kind "${kind}" must be in lower case without blanks.`);
  for (const tag of Object.keys(asset.tags))
    if (!LABEL.test(tag)) say(`the tag "${tag}" must be in lower case without blanks.`);
  if (asset.compute?.stage === "publish") asset.compute.problems().forEach(say);
  return problems;
}

function repeatedKeys(assets: readonly Asset[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { key } of assets) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count > 1)
    .map(([key, count]) => `${key} is declared ${count} times. Declare it once and use the same object.`);
}

/** An asset that is only reachable as a dependency was built by hand or left out of the list; an external one need not be listed. */
function unknownDependencies(asset: Asset, listed: ReadonlySet<Asset>): readonly string[] {
  return asset.deps
    .filter((dep) => dep.compute !== null && !listed.has(dep))
    .map((dep) => {
      const nearest = nearestName(
        dep.key,
        [...listed].map(({ key }) => key).filter((key) => key !== dep.key),
      );
      const hint = nearest === null ? "" : ` Nearest: ${nearest}.`;
      return `${asset.key} depends on ${dep.key}, which is not among the assets of the job. Add it to assets.${hint}`;
    });
}

function writeConflicts(assets: readonly Asset[]): readonly string[] {
  const writers = new Map<string, string[]>();
  for (const { key, compute } of assets) {
    if (compute?.stage !== "publish") continue;
    for (const target of compute.writes) writers.set(target, [...(writers.get(target) ?? []), key]);
  }
  return [...writers]
    .filter(([, keys]) => keys.length > 1)
    .map(([target, keys]) => `${target} is written by ${keys.join(" and ")}. Let one of them write it.`);
}

function jobProblems(job: Job): readonly string[] {
  const problems: string[] = [];
  const say = (problem: string) => problems.push(`job ${job.name}: ${problem}`);
  if (!JOB_NAME.test(job.name)) say(`"${job.name}" is not a job name. Use lower-case words joined by "_".`);
  if (!JOB_NAME.test(job.cadence))
    say(`"${job.cadence}" is not a cadence. Use a lower-case word such as "daily".`);
  const fields = job.schedule.expression.trim().split(/\s+/).length;
  if (fields !== 6)
    say(
      `the cron expression "${job.schedule.expression}" has ${fields} fields. Windmill's has six, seconds first.`,
    );
  try {
    new Cron(job.schedule.expression, { timezone: job.schedule.timeZone, paused: true }).nextRun();
  } catch (error) {
    say(
      `the schedule "${job.schedule.expression}" in ${job.schedule.timeZone} is not valid: ${(error as Error).message}`,
    );
  }
  try {
    selectAssets(
      reachableAssets(job.assets)
        .filter(({ compute }) => compute !== null)
        .map(nodeOf),
      job.select,
    );
  } catch (error) {
    // A cycle or a repeated key is reported by itself and makes every selection fail.
    if (error instanceof SelectionError) say(error.message);
  }
  return problems;
}

function repeatedJobs(jobs: readonly Job[]): readonly string[] {
  const names = jobs.map(({ name }) => name);
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map(
    (name) => `job ${name} is declared several times. Give each job a name of its own.`,
  );
}
