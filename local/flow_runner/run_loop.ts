import pLimit from "p-limit";
import type { FlowOutcome, ModuleContext, ModuleOutcome } from "./flow_scope.ts";
import { flowSetting, stopPredicate } from "./input_transform.ts";
import { isCollapsedLoop } from "./job_count.ts";
import type { ForLoop } from "./openflow_input.ts";
import { ResultScope } from "./result_scope.ts";
import { runSubflow } from "./run_modules.ts";
import { flowFailure } from "./step_error.ts";

/**
 * Runs a for-loop. Its result is the array of the iterations' results in their order, whatever order they end
 * in.
 *
 * Parallel: every iteration runs, also after one failed, at most `parallelism` at a time; each has results of
 * its own. Sequential: the first failure ends the loop unless `skip_failures`; `stop_after_if`, of a step
 * inside or of the loop, ends the loop and not the flow.
 */
export async function runLoop(context: ModuleContext, loop: ForLoop): Promise<ModuleOutcome> {
  const items = flowSetting(context, loop.iterator);
  if (!Array.isArray(items)) {
    throw flowFailure(
      `Expected an array value in the iterator expression, found: ${JSON.stringify(items)?.slice(0, 100)}`,
    );
  }
  const { run, place } = context.scope;
  const moduleId = context.module.id;
  run.emit({ kind: "loop_started", place, moduleId, iterations: items.length });
  if (items.length === 0 || loop.modules.length === 0) return { success: true, result: [] };
  let finished = 0;
  const iterate = async (index: number): Promise<FlowOutcome> => {
    const outcome = await runSubflow(context, loop.modules, `${context.index}-${index}`, {
      place: [...place, moduleId, String(index)],
      input: withIteration(context.scope.input, { index, value: items[index] }),
      ...(loop.parallel ? { results: new ResultScope(context.scope.results) } : {}),
      collapsed: !loop.parallel && isCollapsedLoop(loop.modules, context.scope.failureModule !== undefined),
    });
    finished += 1;
    const progress = { finished, iterations: items.length, success: outcome.success };
    run.emit({ kind: "iteration_finished", place, moduleId, index, ...progress });
    return outcome;
  };
  return loop.parallel
    ? await runParallel(context, loop, items.length, iterate)
    : await runSequential(context, loop, items.length, iterate);
}

async function runParallel(
  context: ModuleContext,
  loop: ForLoop,
  iterations: number,
  iterate: (index: number) => Promise<FlowOutcome>,
): Promise<ModuleOutcome> {
  const limit = pLimit(parallelism(context, loop));
  const outcomes = await Promise.all(
    Array.from({ length: iterations }, (_, index) => limit(() => iterate(index))),
  );
  const success = loop.skip_failures || outcomes.every((outcome) => outcome.success);
  return {
    success,
    result: outcomes.map((outcome) => outcome.result),
    stopDecided: true,
    failureHandled: !success && context.scope.failureModule !== undefined,
  };
}

async function runSequential(
  context: ModuleContext,
  loop: ForLoop,
  iterations: number,
  iterate: (index: number) => Promise<FlowOutcome>,
): Promise<ModuleOutcome> {
  const results: unknown[] = [];
  const stop = context.module.stop_after_if;
  for (let index = 0; index < iterations; index += 1) {
    const { reportedSuccess, result, stopped, failureHandled } = await iterate(index);
    results.push(result);
    if (!reportedSuccess && !loop.skip_failures) {
      return { success: false, result: results, failureHandled, stopDecided: true };
    }
    if (stopped !== undefined) break;
    if (reportedSuccess && stop !== undefined && stopPredicate(context, stop.expr, result, results)) break;
  }
  return { success: true, result: results, stopDecided: true };
}

function parallelism(context: ModuleContext, loop: ForLoop): number {
  if (loop.parallelism === undefined) return Number.POSITIVE_INFINITY;
  const bound = flowSetting(context, loop.parallelism);
  if (typeof bound !== "number" || !Number.isInteger(bound) || bound < 1 || bound > 65_535) {
    throw flowFailure(`parallelism must be a whole number from 1 to 65535, found: ${JSON.stringify(bound)}`);
  }
  return bound;
}

/**
 * `iter` of this loop; that of the loop around it becomes `iter_parent`, the next one `iter_parent_parent`.
 */
function withIteration(
  input: Readonly<Record<string, unknown>>,
  iteration: { readonly index: number; readonly value: unknown },
): Record<string, unknown> {
  const next: Record<string, unknown> = { ...input };
  let name = "iter";
  let value: unknown = iteration;
  for (;;) {
    const shadowed = next[name];
    const wasThere = Object.hasOwn(input, name);
    next[name] = value;
    if (!wasThere) return next;
    value = shadowed;
    name = `${name}_parent`;
  }
}
