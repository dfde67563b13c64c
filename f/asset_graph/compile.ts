import { type Arrangement, arrange, nodesIn, width } from "./arrangement.ts";
import type { Asset } from "./asset.ts";
import type { StepContext } from "./compute.ts";
import { upstreamKeys } from "./graph.ts";
import type { Job } from "./job.ts";
import { type CompileOptions, flowPath, jobContext } from "./job_context.ts";
import { assetKey, stepId } from "./key.ts";
import { checkModuleIds } from "./module_ids.ts";
import type { FlowModule, OpenFlow, ParameterSchema, Schedule } from "./openflow.ts";
import { skippedUnless } from "./skipped_unless.ts";

/**
 * Compiles a job to a flow: its opening step, its gate, and behind the gate the published assets, independent ones in parallel branches and
 * dependents after what they depend on. A job that publishes nothing has no gate.
 *
 * An asset that fails ends what comes after it in its branch; the other branches run to their end, and then the flow fails.
 * The job must have been validated. Throws an `AssetGraphError` when two modules would have the same id.
 */
export function compile(job: Job, options: CompileOptions): OpenFlow {
  const { context, published, codeVersion } = jobContext(job, options);
  const upstream = new Map(published.map((asset) => [asset, upstreamKeys(asset)]));
  const arrangement = arrange(published, (asset) => upstream.get(asset) ?? new Set());
  const siblings = width(arrangement);
  const modulesOf = (asset: Asset): readonly FlowModule[] => {
    if (asset.compute?.stage !== "publish") return [];
    const id = (step: string) => stepId(step, assetKey(asset.key));
    const selected = `${context.selected}.includes(${JSON.stringify(asset.key)})`;
    const stepContext: StepContext = {
      asset,
      job: context.job,
      codeVersion: codeVersion(asset),
      id,
      result: (step) => `results.${id(step)}`,
      selected,
      runId: context.runId,
      siblings,
    };
    return asset.compute.modules(stepContext).map((module) => skippedUnless(selected, module));
  };
  const opening = job.opening.module(context);
  const modules =
    published.length === 0
      ? [opening]
      : [opening, job.gate.module(context), gateBranch(job, arranged(arrangement, modulesOf))];
  const failure = job.onFailure.module(context);
  checkModuleIds(job.name, modules, failure);
  return {
    summary: job.name,
    description: job.description,
    value: { modules, failure_module: failure },
    schema: schemaOf(parametersOf(job, published)),
  };
}

/** The job's schedule as Windmill keeps it, null without one; a run that is still going is not overlapped. */
export function compileSchedule(job: Job, folder: string): Schedule | null {
  if (job.schedule === undefined) return null;
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

function arranged(
  arrangement: Arrangement<Asset>,
  modulesOf: (asset: Asset) => readonly FlowModule[],
): readonly FlowModule[] {
  if (arrangement.type === "one") return modulesOf(arrangement.node);
  if (arrangement.type === "sequence") return arrangement.parts.flatMap((part) => arranged(part, modulesOf));
  const keys = nodesIn(arrangement)
    .map(({ key }) => key)
    .sort();
  return [
    {
      // Blocks are nested or have no asset in common, so none has both another's first asset and its size.
      id: stepId(`parallel_${keys.length}`, assetKey(keys[0] ?? "")),
      summary: `In parallel: ${keys.join(", ")}`,
      value: {
        type: "branchall",
        parallel: true,
        branches: arrangement.parts.map((part) => ({
          summary: nodesIn(part)
            .map(({ key }) => key)
            .join(", "),
          skip_failure: false,
          modules: arranged(part, modulesOf),
        })),
      },
    },
  ];
}

function gateBranch({ gate }: Job, publish: readonly FlowModule[]): FlowModule {
  const { id, openName, closedName, open } = gate;
  return {
    id: `${id}_taken`,
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
  const parameters: Record<string, ParameterSchema> = { ...job.opening.parameters };
  for (const { compute } of published) {
    if (compute?.stage === "publish") Object.assign(parameters, compute.parameters);
  }
  return parameters;
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
