import type { Asset } from "./asset.ts";
import type { AssetKey } from "./key.ts";
import type { FlowModule, ParameterSchema } from "./openflow.ts";

/** What a compute is told when its asset is compiled into a flow. */
export interface StepContext {
  readonly asset: Asset;
  /** Path of the flow, such as `f/reverse_etl/hubspot_contacts`. */
  readonly job: string;
  /** Hash of the asset's fingerprint and of the sources of the steps. */
  readonly codeVersion: string;
  /** The stable id of a module of this asset. */
  id(step: string): string;
  /** JavaScript: the result of a module of this asset. */
  result(step: string): string;
  /** JavaScript: whether the run selects this asset. */
  readonly selected: string;
  /** JavaScript: the id of the run. */
  readonly runId: string;
  /** How many published assets of the job may be computed at the same time, this one included. */
  readonly siblings: number;
}

/**
 * How an asset is computed.
 *
 * - `opening`: by the job's opening step, together with others; it has no modules of its own.
 * - `publish`: by modules of its own, which change the world outside the warehouse, so they stand behind the job's gate. The compiler skips
 *   them in a run that does not select the asset. One that is a `branchone` can save the skipped job by starting every branch's
 *   expression with `context.selected &&` and having no default.
 */
export type Compute = { readonly kind: string; readonly fingerprint: unknown } & (
  | { readonly stage: "opening" }
  | {
      readonly stage: "publish";
      /** What it writes, each in words of its own, such as `hubspot contacts.score`; two assets may not write the same. */
      readonly writes: readonly string[];
      /** Problems of its configuration for an asset and what that depends on; empty when there are none. */
      problems(asset: Asset): readonly string[];
      modules(context: StepContext): readonly FlowModule[];
      /** Flow parameters that its modules read. */
      readonly parameters?: Readonly<Record<string, ParameterSchema>>;
    }
);

/** What the job's own steps are told. */
export interface JobContext {
  readonly job: string;
  /** The selected assets in stable topological order, external ones left out. */
  readonly assets: readonly Asset[];
  codeVersion(asset: Asset): string;
  /** Keys of the assets behind the gate. */
  readonly published: readonly AssetKey[];
  readonly selected: string;
  readonly runId: string;
}

/**
 * The first step of a job. Its result carries `run_id` (text) and `selected` (keys of the assets that this run computes), on which every
 * later step depends.
 */
export interface OpeningStep {
  readonly id: string;
  readonly parameters: Readonly<Record<string, ParameterSchema>>;
  module(context: JobContext): FlowModule;
}

/** The step that decides whether anything is published in this run. */
export interface Gate {
  readonly id: string;
  module(context: JobContext): FlowModule;
  /** JavaScript: true when the run may publish. */
  readonly open: string;
  readonly openName: string;
  readonly closedName: string;
}

/** The step that Windmill runs when another one fails. */
export interface FailureStep {
  module(context: JobContext): FlowModule;
}
