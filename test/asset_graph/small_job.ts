import { type Asset, type AssetOptions, asset } from "../../f/asset_graph/asset.ts";
import { AssetGraphError } from "../../f/asset_graph/asset_graph_error.ts";
import type { Compute, FailureStep, Gate, OpeningStep, StepContext } from "../../f/asset_graph/compute.ts";
import { cron, type Job, job } from "../../f/asset_graph/job.ts";
import type { FlowModule, OpenFlow } from "../../f/asset_graph/openflow.ts";
import { expression, scriptStep } from "../../f/asset_graph/script_step.ts";
import { validate } from "../../f/asset_graph/validate.ts";

type Publish = Extract<Compute, { stage: "publish" }>;

/** A compute of one step that knows nothing of warehouses or HubSpot. */
export function publish(overrides: Partial<Publish> = {}): Publish {
  return {
    kind: "example",
    stage: "publish",
    fingerprint: "example",
    writes: [],
    problems: () => [],
    modules: (context) => [exampleStep(context)],
    ...overrides,
  };
}

export function exampleStep(context: StepContext, step = "send"): FlowModule {
  return scriptStep({
    id: context.id(step),
    summary: `Send (${context.asset.key})`,
    path: "f/example/send",
    inputs: { key: context.asset.key, run_id: expression(context.runId), siblings: context.siblings },
  });
}

type Options = Partial<Omit<AssetOptions, "key">>;

/** An asset behind the gate. */
export function published(key: string, options: Options = {}): Asset {
  return asset({ key, compute: publish(), ...options });
}

/** An asset that the opening step computes. */
export function built(key: string, options: Options = {}): Asset {
  return asset({ key, compute: { kind: "table", stage: "opening", fingerprint: key }, ...options });
}

export const OPENING: OpeningStep = {
  id: "open",
  parameters: { select: { type: "string", default: "", description: "What to compute." } },
  module: (context) =>
    scriptStep({
      id: "open",
      summary: "Open the run",
      path: "f/example/open",
      inputs: { keys: context.assets.map(({ key }) => key), select: expression("flow_input.select") },
    }),
};

export const GATE: Gate = {
  id: "gate",
  open: "results.gate.open",
  openName: "publish",
  closedName: "stay_closed",
  module: () => scriptStep({ id: "gate", summary: "May it publish?", path: "f/example/gate", inputs: {} }),
};

export const FAILURE: FailureStep = {
  module: () =>
    scriptStep({
      id: "failure",
      summary: "Record",
      path: "f/example/record",
      inputs: { error: expression("error") },
    }),
};

export function jobOf(assets: readonly Asset[], overrides: Partial<Job> = {}): Job {
  return job({
    name: "example",
    description: "An example.",
    assets,
    select: "*",
    cadence: "daily",
    schedule: cron("0 0 0 * * *", "UTC"),
    opening: OPENING,
    gate: GATE,
    onFailure: FAILURE,
    ...overrides,
  });
}

/** The problems that validation reports; none when it accepts the jobs. */
export function problemsOf(...jobs: readonly Job[]): readonly string[] {
  try {
    validate(jobs);
    return [];
  } catch (error) {
    if (error instanceof AssetGraphError) return error.problems;
    throw error;
  }
}

/** Every module of a flow, those inside others and the failure step included. */
export function modulesOf(flow: OpenFlow): readonly FlowModule[] {
  const within = (module: FlowModule): readonly FlowModule[] => {
    const { value } = module;
    if (value.type === "forloopflow") return [module, ...value.modules.flatMap(within)];
    if (value.type === "branchall")
      return [module, ...value.branches.flatMap((branch) => branch.modules.flatMap(within))];
    if (value.type !== "branchone") return [module];
    const branches = [...value.branches.map(({ modules }) => modules), value.default];
    return [module, ...branches.flat().flatMap(within)];
  };
  return [...flow.value.modules, ...(flow.value.failure_module ? [flow.value.failure_module] : [])].flatMap(
    within,
  );
}

/** A flow's structure as text: `(a, b)` one after another, `[a | b]` side by side; keys instead of ids. */
export function structureOf(modules: readonly FlowModule[]): string {
  const one = ({ id, value }: FlowModule): string => {
    if (value.type === "branchall")
      return `[${value.branches.map((branch) => structureOf(branch.modules)).join(" | ")}]`;
    if (value.type === "branchone")
      return `${id}?${value.branches.map((branch) => structureOf(branch.modules)).join(" : ")}`;
    return id.replace(/^send__/, "");
  };
  const parts = modules.map(one);
  return parts.length === 1 ? (parts[0] ?? "") : `(${parts.join(", ")})`;
}
