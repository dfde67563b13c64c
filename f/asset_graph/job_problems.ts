import { isDeepStrictEqual } from "node:util";
import type { Asset } from "./asset.ts";
import { nodesOf } from "./asset_node.ts";
import { isAsset, unknownOptions } from "./declaration.ts";
import { findCycle, reachableAssets } from "./graph.ts";
import { JOB_OPTIONS, type Job } from "./job.ts";
import { isWord } from "./key.ts";
import { nearestName } from "./nearest_name.ts";
import type { ParameterSchema } from "./openflow.ts";
import { scheduleProblems } from "./schedule_problems.ts";
import { selectAssets } from "./selection.ts";
import { SelectionError } from "./selection_parser.ts";

/** The assets that a job lists, whatever else its list may hold. */
export function listedAssets(job: Job): readonly Asset[] {
  return Array.isArray(job.assets) ? job.assets.filter(isAsset) : [];
}

/** What is wrong with one job, each problem with its fix; problems of its assets are not repeated. */
export function jobProblems(job: Job): readonly string[] {
  const assets = listedAssets(job);
  const problems = [
    ...unknownOptions(Object.keys(job), JOB_OPTIONS),
    ...nameProblems(job),
    ...(assets.length === job.assets?.length ? [] : ["assets: must be a list of assets."]),
    ...unknownDependencies(assets),
    ...selectionProblems(job, reachableAssets(assets)),
    ...parameterProblems(job, assets),
    ...cadenceProblems(job),
    ...(job.schedule === undefined ? [] : scheduleProblems(job.schedule)),
  ];
  return problems.map((problem) => `job ${job.name}: ${problem}`);
}

function nameProblems({ name }: Job): readonly string[] {
  return isWord(name) ? [] : [`"${name}" is not a job name. Use lower-case words joined by "_".`];
}

function cadenceProblems({ cadence, schedule }: Job): readonly string[] {
  if (cadence === undefined && schedule === undefined) return [];
  if (schedule === undefined) return ["has a cadence without a schedule. Add schedule, or remove cadence."];
  if (isWord(cadence)) return [];
  return [
    `"${cadence}" is not a cadence. Say how often the schedule runs in a lower-case word, such as "daily".`,
  ];
}

/** An asset that is only reachable was left out of the list or is another object than the listed one; an external one need not be listed. */
function unknownDependencies(assets: readonly Asset[]): readonly string[] {
  const keys = assets.map(({ key }) => key);
  return reachableAssets(assets).flatMap(({ key, deps }) =>
    deps
      .filter((dep) => dep.compute !== null && !keys.includes(dep.key))
      .map((dep) => {
        const nearest = nearestName(dep.key, keys);
        const hint = nearest === null ? "" : ` Nearest in the list: ${nearest}.`;
        return `${key} depends on ${dep.key}, which is not in assets. Add it there.${hint}`;
      }),
  );
}

function selectionProblems(job: Job, assets: readonly Asset[]): readonly string[] {
  // What is no graph has no order to select in; the cycle is reported by itself.
  if (findCycle(assets) !== null) return [];
  if (typeof job.select !== "string") return ['select: must be a selection, such as "*".'];
  try {
    selectAssets(nodesOf(assets), job.select);
    return [];
  } catch (error) {
    if (error instanceof SelectionError) return [`select: ${error.message}`];
    throw error;
  }
}

/** One form serves all assets of a job, so a parameter of one name must be the same to all that read it. */
function parameterProblems(job: Job, assets: readonly Asset[]): readonly string[] {
  const first = new Map<string, { readonly by: string; readonly schema: ParameterSchema }>();
  const problems: string[] = [];
  const declare = (by: string, parameters: Readonly<Record<string, ParameterSchema>> = {}) => {
    for (const [name, schema] of Object.entries(parameters)) {
      const known = first.get(name);
      if (known === undefined) first.set(name, { by, schema });
      else if (!isDeepStrictEqual(known.schema, schema)) {
        problems.push(
          `the parameter ${name} is declared differently by ${known.by} and ${by}. Declare it alike, or give one another name.`,
        );
      }
    }
  };
  declare("the opening step", job.opening?.parameters);
  for (const { key, compute } of assets) {
    if (compute?.stage === "publish") declare(key, compute.parameters);
  }
  return problems;
}
