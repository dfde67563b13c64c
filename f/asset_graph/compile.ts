import type { Asset } from "./asset.ts";
import { nodeOf } from "./asset_node.ts";
import { fingerprintHash } from "./code_version.ts";
import type { JobContext, StepContext } from "./compute.ts";
import { connectedGroups, reachableAssets, topologicalLevels } from "./graph.ts";
import type { Job } from "./job.ts";
import { assetKey, stepId } from "./key.ts";
import type { FlowModule, OpenFlow, ParameterSchema, Schedule } from "./openflow.ts";
import { selectAssets } from "./selection.ts";

export interface CompileOptions {
  /** The Windmill folder that the flow is deployed to, such as `f/reverse_etl`. */
  readonly folder: string;
  /** Hash of the sources of the steps, so that an asset's code version changes with them. */
  readonly sources: string;
}

export function flowPath(job: Job, folder: string): string {
  return `${folder}/${job.name}`;
}

/**
 * Compiles a job to a flow: its opening step, its gate, and behind the gate the published assets, independent ones in parallel branches and
 * dependents after what they depend on.
 *
 * An asset that fails ends what depends on it; the other branches run to their end, and then the flow fails.
 * The job must have been validated.
 */
export function compile(job: Job, options: CompileOptions): OpenFlow {
  const { context, published, codeVersion } = jobContext(job, options);
  const groups = connectedGroups(published, dependencyKeys);
  const siblings = groups.reduce((sum, group) => sum + widest(group), 0);
  const modulesOf = (asset: Asset): readonly FlowModule[] => {
    if (asset.compute?.stage !== "publish") return [];
    const id = (step: string) => stepId(step, assetKey(asset.key));
    const stepContext: StepContext = {
      asset,
      job: context.job,
      codeVersion: codeVersion(asset),
      id,
      result: (step) => `results.${id(step)}`,
      selected: `${context.selected}.includes(${JSON.stringify(asset.key)})`,
      runId: context.runId,
      siblings,
    };
    return asset.compute.modules(stepContext);
  };
  const levelsOf = (group: readonly Asset[]) =>
    topologicalLevels(group, dependencyKeys).flatMap((level, index) =>
      inParallel(
        level.map((asset) => ({ summary: asset.key, modules: modulesOf(asset) })),
        `${group[0]?.key ?? ""}, step ${index + 1}`,
        stepId(`level_${index + 1}`, assetKey(group[0]?.key ?? "")),
      ),
    );
  const publish = inParallel(
    groups.map((group) => ({ summary: group.map(({ key }) => key).join(", "), modules: levelsOf(group) })),
    "independent assets",
    "independent_assets",
  );
  return {
    summary: job.name,
    description: job.description,
    value: {
      modules: [job.opening.module(context), job.gate.module(context), gateBranch(job, publish)],
      failure_module: job.onFailure.module(context),
    },
    schema: schemaOf(parametersOf(job, published)),
  };
}

/** The job's schedule as Windmill keeps it; runs that are still going are not overlapped. */
export function compileSchedule(job: Job, folder: string): Schedule {
  return {
    summary: `${job.name}: ${job.cadence}`,
    schedule: job.schedule.expression,
    timezone: job.schedule.timeZone,
    enabled: true,
    script_path: flowPath(job, folder),
    is_flow: true,
    args: {},
    no_flow_overlap: true,
    cron_version: "v2",
  };
}

/** What a job's assets are compiled with; also used to describe the job elsewhere. */
export function jobContext(job: Job, options: CompileOptions) {
  const all = reachableAssets(job.assets).filter(({ compute }) => compute !== null);
  const byKey = new Map(all.map((asset) => [asset.key, asset]));
  const assets = selectAssets(all.map(nodeOf), job.select).flatMap((key) => byKey.get(key) ?? []);
  const published = assets.filter(({ compute }) => compute?.stage === "publish");
  const codeVersion = (asset: Asset) =>
    fingerprintHash([
      asset.compute?.kind,
      asset.compute?.fingerprint,
      dependencyKeys(asset),
      options.sources,
    ]);
  const context: JobContext = {
    job: flowPath(job, options.folder),
    assets,
    codeVersion,
    published: published.map(({ key }) => assetKey(key)),
    selected: `results.${job.opening.id}.selected`,
    runId: `results.${job.opening.id}.run_id`,
  };
  return { context, published, codeVersion };
}

function dependencyKeys(asset: Asset): readonly string[] {
  return asset.deps.map(({ key }) => key).sort();
}

function widest(group: readonly Asset[]): number {
  return Math.max(...topologicalLevels(group, dependencyKeys).map((level) => level.length));
}

interface Branch {
  readonly summary: string;
  readonly modules: readonly FlowModule[];
}

/** One branch stands inline, because each branch costs Windmill a job; several run side by side and none ends the others. */
function inParallel(branches: readonly Branch[], summary: string, id: string): readonly FlowModule[] {
  if (branches.length <= 1) return branches[0]?.modules ?? [];
  const value = {
    type: "branchall" as const,
    parallel: true,
    branches: branches.map((branch) => ({ ...branch, skip_failure: false })),
  };
  return [{ id, summary: `In parallel: ${summary}`, value }];
}

function gateBranch(job: Job, publish: readonly FlowModule[]): FlowModule {
  const { openName, closedName, open } = job.gate;
  return {
    id: `${job.gate.id}_taken`,
    summary: `${openName} or ${closedName}`,
    value: {
      type: "branchone",
      branches: [{ summary: openName, expr: open, modules: publish }],
      default: [
        { id: closedName, summary: `${closedName}: nothing is published`, value: { type: "identity" } },
      ],
    },
  };
}

function parametersOf(job: Job, published: readonly Asset[]): Readonly<Record<string, ParameterSchema>> {
  const ofAssets = published.map(({ compute }) =>
    compute?.stage === "publish" ? (compute.parameters ?? {}) : {},
  );
  return Object.assign({}, job.opening.parameters, ...ofAssets) as Record<string, ParameterSchema>;
}

function schemaOf(properties: Readonly<Record<string, ParameterSchema>>): OpenFlow["schema"] {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties,
    required: [],
    order: Object.keys(properties),
  };
}
