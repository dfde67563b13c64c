import { randomUUID } from "node:crypto";
import { type Random, systemRandom } from "../../f/reverse_etl/sync/clock.ts";
import type { FlowEvent, FlowRun } from "./flow_run.ts";
import { FlowRunnerError } from "./flow_runner_error.ts";
import type { FlowScope, Run } from "./flow_scope.ts";
import { JobCount } from "./job_count.ts";
import { isRecord, toJson } from "./job_result.ts";
import type { FlowModule, FlowValue } from "./openflow_input.ts";
import { parseFlow } from "./parse_flow.ts";
import { ResultScope } from "./result_scope.ts";
import { runModules } from "./run_modules.ts";
import type { ScriptSource } from "./script_source.ts";
import type { StepEnvironment } from "./step_environment.ts";
import { systemTimer, type Timer } from "./timer.ts";
import type { Workspace } from "./workspace_value.ts";

export interface RunFlowOptions extends Workspace {
  readonly scripts: ScriptSource;
  /**
   * Retry delays, `sleep` and timeouts wait on it; one that ignores the signal keeps the process up until it
   * rings.
   */
  readonly timer?: Timer;
  /** Behind `random_factor` of a retry. */
  readonly random?: Random;
  /** Job ids. */
  readonly newId?: () => string;
  /** What every step sees in `process.env` besides its own `WM_…_ID`s; that of `startWindmillApi`, say. */
  readonly environment?: StepEnvironment;
  /** Called as things happen. What it throws ends the run. */
  readonly onEvent?: (event: FlowEvent) => void;
}

/**
 * Runs a compiled Windmill flow in this process and gives what Windmill gives
 * (`test/local/flow_runner/recordings.json`: 38 flows recorded on Windmill 1.788; where no recording says it,
 * Windmill's source does). Parallel iterations are concurrent async functions of one process: a step that
 * computes without awaiting holds up all others.
 *
 * @param flow a parsed `flow.yaml`, or its `value`
 * @param args the flow's input; defaults of its schema are not applied, as Windmill's server does not apply
 *   them
 * @throws FlowRunnerError FLOW_RUNNER_UNSUPPORTED or FLOW_RUNNER_SCRIPT, before anything ran. A failing flow
 *   is not thrown.
 */
export async function runFlow(
  flow: unknown,
  args: Readonly<Record<string, unknown>>,
  options: RunFlowOptions,
): Promise<FlowRun> {
  const value = parseFlow(flow);
  await findScripts(value, options.scripts);
  const { newId = randomUUID, onEvent } = options;
  const jobId = newId();
  const run: Run = {
    scripts: options.scripts,
    workspace: { resources: options.resources, variables: options.variables },
    timer: options.timer ?? systemTimer,
    random: options.random ?? systemRandom,
    newId,
    count: new JobCount(),
    environment: options.environment ?? {},
    flowEnvironment: value.flow_env ?? {},
    rootJobId: jobId,
    emit: (event) => onEvent?.(event),
  };
  run.count.add();
  const input = toJson(args);
  const scope: FlowScope = {
    run,
    jobId,
    rootFlowJobId: jobId,
    input: isRecord(input) ? input : {},
    results: new ResultScope(),
    failureModule: value.failure_module,
    place: [],
  };
  const outcome = await runModules(scope, value.modules);
  const isSkipped = outcome.stopped?.skipped === true;
  return {
    jobId,
    success: outcome.success && !isSkipped,
    isSkipped,
    result: outcome.result,
    modules: outcome.modules,
    ...(outcome.failureModule === undefined ? {} : { failureModule: outcome.failureModule }),
    jobs: run.count.total,
  };
}

/**
 * Finds every script of the flow, also those of branches that will not be taken, so that a missing one is
 * known before anything runs.
 */
async function findScripts(flow: FlowValue, scripts: ScriptSource): Promise<void> {
  const steps = [...flow.modules, ...(flow.failure_module ? [flow.failure_module] : [])].flatMap(leaves);
  const found = await Promise.allSettled(
    steps.map(async ({ id, value }) => {
      if (value.type !== "script" && value.type !== "rawscript") return;
      await scripts.find(value).catch((error: unknown) => {
        throw new Error(`module ${id}: ${error instanceof Error ? error.message : String(error)}`);
      });
    }),
  );
  const problems = found.flatMap((one) => (one.status === "rejected" ? [(one.reason as Error).message] : []));
  if (problems.length > 0) {
    throw new FlowRunnerError(
      "FLOW_RUNNER_SCRIPT",
      problems,
      "Correct the path or the script, then run again.",
    );
  }
}

function leaves(module: FlowModule): FlowModule[] {
  const { value } = module;
  switch (value.type) {
    case "forloopflow":
      return value.modules.flatMap(leaves);
    case "branchone":
      return [...value.branches.flatMap((branch) => branch.modules), ...value.default].flatMap(leaves);
    case "branchall":
      return value.branches.flatMap((branch) => branch.modules).flatMap(leaves);
    default:
      return [module];
  }
}
