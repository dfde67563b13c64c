import type { Random } from "../../f/reverse_etl/sync/clock.ts";
import type { BranchChosen, FlowEvent, ModuleState } from "./flow_run.ts";
import type { JobCount } from "./job_count.ts";
import type { FlowModule } from "./openflow_input.ts";
import type { ResultScope } from "./result_scope.ts";
import type { ScriptSource } from "./script_source.ts";
import type { StepEnvironment } from "./step_environment.ts";
import type { Timer } from "./timer.ts";
import type { Workspace } from "./workspace_value.ts";

/** One run of a whole flow. */
export interface Run {
  readonly scripts: ScriptSource;
  readonly workspace: Workspace;
  readonly timer: Timer;
  readonly random: Random;
  readonly newId: () => string;
  readonly count: JobCount;
  readonly environment: StepEnvironment;
  readonly flowEnvironment: Readonly<Record<string, unknown>>;
  readonly rootJobId: string;
  emit(event: FlowEvent): void;
}

/** One flow job: the flow itself, a taken branch or an iteration. */
export interface FlowScope {
  readonly run: Run;
  readonly jobId: string;
  /** What `WM_ROOT_FLOW_JOB_ID` shows: the flow, or the innermost iteration of a parallel loop. */
  readonly rootFlowJobId: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly results: ResultScope;
  readonly failureModule: FlowModule | undefined;
  readonly place: readonly string[];
}

/** A module with what its expressions see. */
export interface ModuleContext {
  readonly scope: FlowScope;
  readonly module: FlowModule;
  /** Its number among its siblings. */
  readonly index: number;
  /** `previous_result`: the result of the module before; for the first one the flow's input. */
  readonly previous: unknown;
  readonly previousId?: string;
  /** Only for the failure step. */
  readonly failure?: { readonly started_at: string; readonly flow_job_id: string };
}

export interface ModuleOutcome {
  readonly success: boolean;
  readonly result: unknown;
  /** By `skip_if`. */
  readonly skipped?: boolean;
  readonly branchChosen?: BranchChosen;
  readonly failedRetries?: number;
  /** A step inside ended the flow by `stop_after_if`. */
  readonly stopped?: Stop;
  /** The failure step must not run (again) for this failure. */
  readonly failureHandled?: boolean;
  /** The flow job itself failed, not a step of it: `continue_on_error` has no say. */
  readonly fatal?: boolean;
  /** An empty branch has a result, but no job to read it from by `results.<id>`. */
  readonly withoutJob?: boolean;
  /** `stop_after_if` of this module has no say (any more): Windmill reads it per iteration, or never. */
  readonly stopDecided?: boolean;
}

export interface Stop {
  /** `skip_if_stopped`. */
  readonly skipped: boolean;
}

/** How a list of modules, run as one flow job, ended. */
export interface FlowOutcome {
  /** The status of the flow job itself: a failure step that answers `recover: true` makes it a success. */
  readonly success: boolean;
  /** The same as the module around it counts it: after a failure step always a failure, recovered or not. */
  readonly reportedSuccess: boolean;
  readonly result: unknown;
  readonly stopped?: Stop;
  readonly failureHandled: boolean;
  readonly modules: readonly ModuleState[];
  readonly failureModule?: ModuleState;
}
