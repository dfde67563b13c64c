import type { ModuleState } from "./flow_run.ts";
import type { ModuleContext, ModuleOutcome } from "./flow_scope.ts";
import { stopPredicate } from "./input_transform.ts";
import type { FlowModule } from "./openflow_input.ts";

/** How a module ended, and how that is reported. */
export interface Ran {
  readonly outcome: ModuleOutcome;
  readonly state: ModuleState;
}

/**
 * Applies the module's `stop_after_if` to how it ended. With `error_message` the module fails; with a failure step in the
 * flow that step then runs, without one the flow ends there.
 */
export function stopAfter(context: ModuleContext, outcome: ModuleOutcome): Ran {
  const { module } = context;
  const stop = module.stop_after_if;
  const decided = !outcome.success || outcome.stopDecided === true || outcome.stopped !== undefined;
  if (stop === undefined || decided || !stopPredicate(context, stop.expr, outcome.result)) {
    return { outcome, state: stateOf(module, outcome) };
  }
  if (stop.error_message == null) {
    const stopped = { ...outcome, stopped: { skipped: stop.skip_if_stopped } };
    return { outcome: stopped, state: stateOf(module, stopped) };
  }
  const failed: ModuleOutcome = {
    ...outcome,
    success: false,
    result: { error: { name: "EarlyStopError", message: stop.error_message } },
    ...(context.scope.failureModule === undefined ? { stopped: { skipped: false } } : {}),
  };
  return { outcome: failed, state: stateOf(module, failed) };
}

export function stateOf({ id }: FlowModule, outcome: ModuleOutcome): ModuleState {
  return {
    id,
    ...(outcome.success
      ? { type: "Success", skipped: outcome.skipped === true || outcome.stopped?.skipped === true }
      : { type: "Failure" }),
    ...(outcome.branchChosen === undefined ? {} : { branchChosen: outcome.branchChosen }),
    ...(outcome.failedRetries === undefined ? {} : { failedRetries: outcome.failedRetries }),
  };
}
