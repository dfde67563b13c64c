import type { BranchChosen } from "./flow_run.ts";
import type { FlowOutcome, ModuleContext, ModuleOutcome } from "./flow_scope.ts";
import { flowPredicate } from "./input_transform.ts";
import type { BranchAll, BranchOne, FlowModule } from "./openflow_input.ts";
import { runSubflow } from "./run_modules.ts";

/** Runs the first branch whose predicate holds, else the default; the result is that of its last step. */
export async function runBranchOne(context: ModuleContext, value: BranchOne): Promise<ModuleOutcome> {
  const taken = value.branches.findIndex((branch) => flowPredicate(context, branch.expr));
  const branchChosen: BranchChosen = taken === -1 ? { type: "default" } : { type: "branch", branch: taken };
  const modules = value.branches[taken]?.modules ?? value.default;
  if (modules.length === 0) {
    // Windmill answers an empty branch with the previous result or, for the first module, with the text "{}".
    const result = context.index === 0 ? "{}" : context.previous;
    return { success: true, result, branchChosen, withoutJob: true };
  }
  const outcome = await runBranch(context, modules, taken + 1, `${context.index}`);
  return {
    success: outcome.reportedSuccess,
    result: outcome.result,
    branchChosen,
    failureHandled: outcome.failureHandled,
    ...(outcome.stopped === undefined ? {} : { stopped: outcome.stopped }),
  };
}

/**
 * Runs every branch; the result is the array of theirs. Parallel branches all run to their end, and
 * `stop_after_if` inside one ends only that branch; in sequence the first failure without `skip_failure` ends
 * the module, and `stop_after_if` the flow.
 */
export async function runBranchAll(context: ModuleContext, value: BranchAll): Promise<ModuleOutcome> {
  if (value.branches.length === 0) return { success: true, result: [] };
  return value.parallel ? await runInParallel(context, value) : await runInSequence(context, value);
}

async function runInParallel(context: ModuleContext, value: BranchAll): Promise<ModuleOutcome> {
  const outcomes = await Promise.all(
    value.branches.map((branch, i) => runBranch(context, branch.modules, i, `${context.index}-${i}`)),
  );
  const success = outcomes.every((outcome, i) => outcome.success || value.branches[i]?.skip_failure === true);
  return {
    success,
    result: outcomes.map((outcome) => outcome.result),
    stopDecided: true,
    failureHandled: !success && context.scope.failureModule !== undefined,
  };
}

async function runInSequence(context: ModuleContext, value: BranchAll): Promise<ModuleOutcome> {
  const results: unknown[] = [];
  for (const [i, branch] of value.branches.entries()) {
    const outcome = await runBranch(context, branch.modules, i, `${context.index}-${i}`);
    results.push(outcome.result);
    const success = outcome.reportedSuccess || branch.skip_failure;
    if (!success || outcome.stopped !== undefined) {
      return {
        success,
        result: results,
        stopDecided: true,
        failureHandled: outcome.failureHandled,
        ...(outcome.stopped === undefined ? {} : { stopped: outcome.stopped }),
      };
    }
  }
  return { success: true, result: results, stopDecided: true };
}

function runBranch(
  context: ModuleContext,
  modules: readonly FlowModule[],
  branch: number,
  suffix: string,
): Promise<FlowOutcome> {
  const place = [...context.scope.place, context.module.id, `branch-${branch}`];
  return runSubflow(context, modules, suffix, { place });
}
