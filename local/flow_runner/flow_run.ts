/** What `runFlow` gives: what Windmill's completed flow job and its `flow_status` hold. */
export interface FlowRun {
  /** The flow's job id; the steps see it as `WM_ROOT_JOB_ID`. */
  readonly jobId: string;
  /** False for a flow that `stop_after_if` with `skip_if_stopped` ended, too: then `isSkipped` is true. */
  readonly success: boolean;
  readonly isSkipped: boolean;
  /** JSON: the last module's result, the failure step's, or `{ error }`. */
  readonly result: unknown;
  /** The modules of the flow itself, in order; those inside branches and loops are reported by events. */
  readonly modules: readonly ModuleState[];
  /**
   * The flow's own failure step, if it ran. One that ran inside a branch or an iteration is not reported
   * here.
   */
  readonly failureModule?: ModuleState;
  /** How many jobs Windmill would have created (`job_count.ts`). */
  readonly jobs: number;
}

export interface ModuleState {
  readonly id: string;
  readonly type: "Success" | "Failure" | "WaitingForPriorSteps";
  /** Only with `Success`: skipped by `skip_if`, or ended the flow with `skip_if_stopped`. */
  readonly skipped?: boolean;
  readonly branchChosen?: BranchChosen;
  /** How many failed attempts were tried again; absent for none. */
  readonly failedRetries?: number;
}

export type BranchChosen =
  | { readonly type: "default" }
  | { readonly type: "branch"; readonly branch: number };

/**
 * What happens while a flow runs, for progress bars and logs. `place` says where: the ids of the modules
 * around it and, inside a loop, the iteration's number, outermost first (`["batches", "3"]`).
 */
export type FlowEvent =
  | { readonly kind: "module_started"; readonly place: readonly string[]; readonly moduleId: string }
  | { readonly kind: "module_finished"; readonly place: readonly string[]; readonly state: ModuleState }
  | {
      readonly kind: "loop_started";
      readonly place: readonly string[];
      readonly moduleId: string;
      readonly iterations: number;
    }
  | {
      readonly kind: "iteration_finished";
      readonly place: readonly string[];
      readonly moduleId: string;
      readonly index: number;
      readonly success: boolean;
      /** Iterations of this loop that have ended, this one included. */
      readonly finished: number;
      readonly iterations: number;
    }
  | {
      readonly kind: "job_started";
      readonly place: readonly string[];
      readonly moduleId: string;
      readonly jobId: string;
      readonly rootJobId: string;
      /** 1 for the first attempt. */
      readonly attempt: number;
    }
  | {
      readonly kind: "retry_planned";
      readonly place: readonly string[];
      readonly moduleId: string;
      readonly error: unknown;
      readonly delaySeconds: number;
    };
