import type { ModuleContext, ModuleOutcome } from "./flow_scope.ts";
import { flowSetting, retryPredicate, stepArguments } from "./input_transform.ts";
import { toJobResult } from "./job_result.ts";
import type { FlowModule, ScriptValue } from "./openflow_input.ts";
import { retryDelay } from "./retry.ts";
import type { Parameter } from "./script_source.ts";
import { withEnvironment } from "./step_environment.ts";
import { executionFailure, flowFailure, StepFailure, thrownResult } from "./step_error.ts";
import { resolveArguments } from "./workspace_value.ts";

/** The longest delay that Node's timers take. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs a script step with its retries. A retry gets the arguments of the first attempt; arguments that cannot
 * be computed are not tried again, as nothing would differ.
 */
export async function runStep(context: ModuleContext, step: ScriptValue): Promise<ModuleOutcome> {
  const { run } = context.scope;
  const { id, retry } = context.module;
  let args: Record<string, unknown>;
  try {
    args = stepArguments(context, step.input_transforms);
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    run.count.add();
    return { success: false, result: error.result };
  }
  const timeoutMs = stepTimeout(context);
  for (let retries = 0; ; retries += 1) {
    const { success, result } = await runJob(context, step, args, timeoutMs, retries + 1);
    const failedRetries = retries === 0 ? {} : { failedRetries: retries };
    if (success || retry === undefined) return { success, result, ...failedRetries };
    const wanted = retry.retry_if === undefined || retryPredicate(context, retry.retry_if.expr, result);
    const delaySeconds = wanted ? retryDelay(retry, retries, run.random) : undefined;
    if (delaySeconds === undefined) return { success, result, ...failedRetries };
    const { place } = context.scope;
    run.emit({ kind: "retry_planned", place, moduleId: id, error: result, delaySeconds });
    await run.timer.sleep(delaySeconds * 1000);
  }
}

async function runJob(
  context: ModuleContext,
  step: ScriptValue,
  args: Readonly<Record<string, unknown>>,
  timeoutMs: number | undefined,
  attempt: number,
): Promise<{ success: boolean; result: unknown }> {
  const { run, place } = context.scope;
  const { id } = context.module;
  const jobId = run.newId();
  run.count.add();
  run.emit({ kind: "job_started", place, moduleId: id, jobId, rootJobId: run.rootJobId, attempt });
  try {
    const resolved = resolveArguments(run.workspace, id, args);
    const script = await run.scripts.find(step);
    const result = withEnvironment(jobEnvironment(context, jobId), async () => {
      const main = await script.main();
      return toJobResult(await main(...positional(script.parameters, resolved)));
    });
    return {
      success: true,
      result: await (timeoutMs === undefined ? result : within(context, result, timeoutMs)),
    };
  } catch (error) {
    return { success: false, result: error instanceof StepFailure ? error.result : thrownResult(error, id) };
  }
}

/**
 * A parameter without an argument is `undefined`, so its default applies; one that is `null` stays `null`.
 */
function positional(parameters: readonly Parameter[], args: Readonly<Record<string, unknown>>): unknown[] {
  return parameters.map(({ name, isDate }) => {
    const value = args[name];
    if (!isDate || value === undefined) return value;
    return value === null ? undefined : new Date(String(value));
  });
}

function stepTimeout(context: ModuleContext): number | undefined {
  const { timeout } = context.module;
  if (timeout === undefined) return undefined;
  const seconds = flowSetting(context, timeout);
  if (typeof seconds !== "number" || seconds < 0) throw flowFailure("Timeout value cannot be negative");
  return seconds === 0 ? undefined : Math.min(seconds * 1000, MAX_TIMER_MS);
}

/**
 * Windmill ends the step's process. In one process nothing can end a `main`: it goes on with its result
 * ignored, like the copy of a step whose worker went silent.
 */
async function within<T>(context: ModuleContext, result: Promise<T>, milliseconds: number): Promise<T> {
  const done = new AbortController();
  const expired = context.scope.run.timer.sleep(milliseconds, done.signal).then(() => {
    throw executionFailure(
      context.module.id,
      "job process terminated due to timeout after exceeding job-specific duration limit",
    );
  });
  try {
    return await Promise.race([result, expired]);
  } finally {
    done.abort();
  }
}

function jobEnvironment(
  { scope, module }: { scope: ModuleContext["scope"]; module: FlowModule },
  jobId: string,
) {
  return {
    ...scope.run.environment,
    WM_JOB_ID: jobId,
    WM_ROOT_JOB_ID: scope.run.rootJobId,
    WM_FLOW_JOB_ID: scope.jobId,
    WM_ROOT_FLOW_JOB_ID: scope.rootFlowJobId,
    WM_FLOW_STEP_ID: module.id,
  };
}
