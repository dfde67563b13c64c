import type { ModuleState } from "./flow_run.ts";
import type { FlowOutcome, FlowScope, ModuleContext, ModuleOutcome } from "./flow_scope.ts";
import { flowPredicate, flowSetting } from "./input_transform.ts";
import { isRecord } from "./job_result.ts";
import type { FlowModule } from "./openflow_input.ts";
import { runBranchAll, runBranchOne } from "./run_branches.ts";
import { runLoop } from "./run_loop.ts";
import { runStep } from "./run_step.ts";
import { flowFailure, StepFailure } from "./step_error.ts";
import { type Ran, stateOf, stopAfter } from "./stop_after.ts";

/** Runs modules one after the other as one flow job: the flow, a branch or an iteration. */
export async function runModules(scope: FlowScope, modules: readonly FlowModule[]): Promise<FlowOutcome> {
  const states: ModuleState[] = modules.map(({ id }) => ({ id, type: "WaitingForPriorSteps" }));
  const startedAt = new Date(scope.run.timer.now()).toISOString();
  let previous: unknown = scope.input;
  let before: FlowModule | undefined;
  for (const [index, module] of modules.entries()) {
    const context: ModuleContext = {
      scope,
      module,
      index,
      previous,
      ...(before === undefined ? {} : { previousId: before.id }),
    };
    const { outcome, state } = await runOne(context, before);
    states[index] = state;
    scope.run.emit({ kind: "module_finished", place: scope.place, state });
    if (outcome.withoutJob === true) scope.results.setWithoutJob(module.id);
    else scope.results.set(module.id, outcome.result);
    const { result, stopped } = outcome;
    if (outcome.success) {
      if (stopped !== undefined) return ended(true, result, states, { stopped });
    } else if (stopped !== undefined) {
      return ended(false, result, states, { stopped });
    } else if (module.continue_on_error === true && outcome.fatal !== true) {
      if (index === modules.length - 1) return ended(false, result, states, {});
    } else {
      const handled = outcome.failureHandled === true;
      if (handled || scope.failureModule === undefined)
        return ended(false, result, states, { failureHandled: handled });
      return await runFailureStep(context, scope.failureModule, result, startedAt, states);
    }
    previous = result;
    before = module;
  }
  return ended(true, previous, states, {});
}

/** What a sub-flow changes of the flow around it. */
interface SubflowChanges extends Partial<Pick<FlowScope, "input" | "results">> {
  readonly place: readonly string[];
  /** The iteration is one job without a sub-flow around it. */
  readonly collapsed?: boolean;
}

/**
 * Runs a branch or an iteration. Its failure step is a copy of the flow's, named after the place where it
 * runs.
 */
export async function runSubflow(
  context: ModuleContext,
  modules: readonly FlowModule[],
  suffix: string,
  { collapsed, ...changes }: SubflowChanges,
): Promise<FlowOutcome> {
  const { scope } = context;
  const jobId = scope.run.newId();
  if (collapsed !== true) scope.run.count.add();
  const ownRoot = changes.results !== undefined;
  return await runModules(
    {
      ...scope,
      ...changes,
      jobId,
      rootFlowJobId: ownRoot ? jobId : scope.rootFlowJobId,
      failureModule: scope.failureModule && {
        ...scope.failureModule,
        id: `${scope.failureModule.id}-${suffix}`,
      },
    },
    modules,
  );
}

async function runOne(context: ModuleContext, before: FlowModule | undefined): Promise<Ran> {
  const { scope, module } = context;
  try {
    if (before?.sleep !== undefined) await sleep(context, before);
    scope.run.emit({ kind: "module_started", place: scope.place, moduleId: module.id });
    return stopAfter(context, await runModule(context));
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    // The flow job itself failed, as in an iterator: Windmill ends it without a retry and without the failure step.
    const outcome = { success: false, result: error.result, failureHandled: true, fatal: true };
    return { outcome, state: stateOf(module, outcome) };
  }
}

async function runModule(context: ModuleContext): Promise<ModuleOutcome> {
  const { module, scope, previous } = context;
  const { value } = module;
  if (module.skip_if !== undefined && flowPredicate(context, module.skip_if.expr)) {
    scope.run.count.add();
    return { success: true, result: previous, skipped: true };
  }
  switch (value.type) {
    case "identity":
      scope.run.count.add();
      return { success: true, result: previous };
    case "forloopflow":
      return await runLoop(context, value);
    case "branchone":
      return await runBranchOne(context, value);
    case "branchall":
      return await runBranchAll(context, value);
    default:
      return await runStep(context, value);
  }
}

async function runFailureStep(
  failed: ModuleContext,
  failureModule: FlowModule,
  result: unknown,
  startedAt: string,
  states: readonly ModuleState[],
): Promise<FlowOutcome> {
  const { scope } = failed;
  const context: ModuleContext = {
    scope,
    module: failureModule,
    index: states.length,
    previous: result,
    previousId: failed.module.id,
    failure: { started_at: startedAt, flow_job_id: scope.jobId },
  };
  const { outcome, state } = await runOne(context, undefined);
  scope.run.emit({ kind: "module_finished", place: scope.place, state });
  const recovered = outcome.success && isRecord(outcome.result) && outcome.result.recover === true;
  return {
    success: recovered,
    reportedSuccess: false,
    result: outcome.result,
    failureHandled: true,
    modules: states,
    failureModule: state,
  };
}

/**
 * `sleep` of a module delays the one after it, in seconds; its expression sees the module's own result as the
 * previous one.
 */
async function sleep(context: ModuleContext, before: FlowModule): Promise<void> {
  if (before.sleep === undefined) return;
  const seconds = flowSetting(context, before.sleep);
  if (typeof seconds !== "number" || seconds < 0) {
    throw flowFailure(`sleep must be a number of seconds, found: ${JSON.stringify(seconds)}`);
  }
  await context.scope.run.timer.sleep(seconds * 1000);
}

function ended(
  success: boolean,
  result: unknown,
  modules: readonly ModuleState[],
  how: { readonly stopped?: FlowOutcome["stopped"]; readonly failureHandled?: boolean },
): FlowOutcome {
  const { stopped, failureHandled = false } = how;
  return {
    success,
    reportedSuccess: success,
    result,
    modules,
    failureHandled,
    ...(stopped === undefined ? {} : { stopped }),
  };
}
