import type { Asset } from "./asset.ts";
import { AssetGraphError } from "./asset_graph_error.ts";
import { findCycle, reachableAssets } from "./graph.ts";
import type { Job } from "./job.ts";
import { jobProblems, listedAssets } from "./job_problems.ts";

/** Throws an `AssetGraphError` that lists every problem of the jobs and of all their assets, each with its fix. */
export function validate(jobs: readonly Job[]): void {
  const problems = [
    ...graphProblems(reachableAssets(jobs.flatMap(listedAssets))),
    ...jobs.flatMap(jobProblems),
    ...repeatedJobs(jobs),
  ];
  if (problems.length > 0) throw new AssetGraphError([...new Set(problems)]);
}

function graphProblems(assets: readonly Asset[]): readonly string[] {
  const cycle = findCycle(assets);
  return [
    ...assets.flatMap(assetProblems),
    ...repeatedKeys(assets),
    ...(cycle === null ? [] : [`Cycle: ${cycle.join(" -> ")}. Remove one of these dependencies.`]),
    ...assets.flatMap(lateDependencies),
    ...writeConflicts(assets),
  ];
}

function assetProblems(asset: Asset): readonly string[] {
  return [...asset.problems, ...computeProblems(asset)].map((problem) => `${asset.key}: ${problem}`);
}

/** The check of one compute must not keep the others' problems from being reported. */
function computeProblems(asset: Asset): readonly string[] {
  const { compute } = asset;
  if (compute?.stage !== "publish") return [];
  try {
    return compute.problems(asset);
  } catch (error) {
    return [
      `compute: its configuration cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    ];
  }
}

function repeatedKeys(assets: readonly Asset[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { key } of assets) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count > 1)
    .map(([key, count]) => `${key} is declared ${count} times. Declare it once and use the same object.`);
}

/** The opening step comes before everything that is published, so what it computes cannot wait for that. */
function lateDependencies({ key, deps, compute }: Asset): readonly string[] {
  if (compute?.stage !== "opening") return [];
  return deps
    .filter((dep) => dep.compute?.stage === "publish")
    .map(
      (dep) =>
        `${key} is computed by the opening step, but depends on ${dep.key}, which is published after it. ` +
        `Remove the dependency, or depend on external("...") if another job has computed ${dep.key} before.`,
    );
}

function writeConflicts(assets: readonly Asset[]): readonly string[] {
  const writers = new Map<string, Set<string>>();
  for (const { key, compute } of assets) {
    if (compute?.stage !== "publish") continue;
    for (const target of compute.writes) writers.set(target, (writers.get(target) ?? new Set()).add(key));
  }
  return [...writers]
    .filter(([, keys]) => keys.size > 1)
    .map(([target, keys]) => `${target} is written by ${[...keys].join(" and ")}. Let one of them write it.`);
}

function repeatedJobs(jobs: readonly Job[]): readonly string[] {
  const names = jobs.map(({ name }) => name);
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map(
    (name) => `job ${name} is declared several times. Give each job a name of its own.`,
  );
}
