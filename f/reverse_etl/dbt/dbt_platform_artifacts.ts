import type { Clock } from "../sync/clock.ts";
import type { DbtResult } from "./dbt_backend.ts";
import type { DbtPlatformApi, PlatformRun } from "./dbt_platform_api.ts";
import { parseDbtArtifacts } from "./run_results.ts";

/** Artifacts appear a little after their run has ended. */
const LOOKS = 4;
const PAUSE_MS = 2_000;

/**
 * What the steps of some runs say of their nodes, the runs in the order in which they took up each other. Each step has results of its
 * own; of a node that several have, the last one counts. Null when no step left any.
 */
export async function resultOfRuns(
  api: DbtPlatformApi,
  runs: readonly PlatformRun[],
  clock: Clock,
): Promise<DbtResult | null> {
  const results: DbtResult[] = [];
  for (const run of runs) results.push(...(await resultsOfSteps(api, run, clock)));
  const last = results.at(-1);
  if (last === undefined) return null;
  const nodes = new Map(results.flatMap((result) => result.nodes).map((node) => [node.uniqueId, node]));
  return { ...last, nodes: [...nodes.values()] };
}

async function resultsOfSteps(api: DbtPlatformApi, run: PlatformRun, clock: Clock): Promise<DbtResult[]> {
  for (let look = 1; ; look++) {
    const found: DbtResult[] = [];
    for (const { index } of invocations(run)) {
      const runResults = await api.artifact(run.id, index, "run_results.json");
      const manifest = runResults && (await api.artifact(run.id, index, "manifest.json"));
      const result = readable(runResults, manifest);
      if (result !== null) found.push(result);
    }
    if (found.length > 0 || look === LOOKS) return found;
    await clock.sleep(PAUSE_MS);
  }
}

/** Steps before them clone the repository and write the profile. */
function invocations(run: PlatformRun) {
  return [...(run.run_steps ?? [])]
    .filter(({ name }) => /\bdbt\b/.test(name ?? "") && !/\bdbt deps\b/.test(name ?? ""))
    .sort((a, b) => a.index - b.index);
}

/** Commands that run no node (`dbt source freshness`) leave no results, or ones of another shape. */
function readable(runResults: unknown, manifest: unknown): DbtResult | null {
  if (runResults === undefined || manifest === undefined) return null;
  try {
    return parseDbtArtifacts(runResults, manifest);
  } catch {
    return null;
  }
}
