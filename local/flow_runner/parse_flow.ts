import { FlowRunnerError } from "./flow_runner_error.ts";
import { isRecord } from "./job_result.ts";
import { type FlowValue, flowValueSchema } from "./openflow_input.ts";

/**
 * Reads a flow: the content of a `flow.yaml` (`{ summary, value, schema }`) or its `value` alone.
 *
 * @throws FlowRunnerError FLOW_RUNNER_UNSUPPORTED with every key, module type and combination that the runner
 *   does not run as Windmill does.
 */
export function parseFlow(flow: unknown): FlowValue {
  const value = isRecord(flow) && isRecord(flow.value) ? flow.value : flow;
  const parsed = flowValueSchema.safeParse(value);
  const problems = [
    ...(parsed.success
      ? []
      : parsed.error.issues.map((issue) => `${pathText(issue.path)}: ${issue.message}`)),
    ...combinations(value),
  ];
  if (!parsed.success || problems.length > 0) {
    throw new FlowRunnerError(
      "FLOW_RUNNER_UNSUPPORTED",
      problems,
      "Leave this out of the flow, or run the flow on Windmill.",
    );
  }
  return parsed.data;
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "flow";
  return path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");
}

interface LooseModule {
  readonly module: Record<string, unknown>;
  readonly value: Record<string, unknown>;
  readonly last: boolean;
}

const LEAVES = ["script", "rawscript"];

/**
 * Combinations whose effect on Windmill is broken or unmeasured; found on the raw flow, so that all problems
 * come at once.
 */
function combinations(flow: unknown): string[] {
  if (!isRecord(flow)) return [];
  const modules = looseModules(flow.modules);
  const problems: string[] = [];
  const ids = new Set<string>();
  for (const { module, value, last } of modules) {
    const name = `module ${String(module.id)}`;
    const leaf = LEAVES.includes(String(value.type));
    const stop = isRecord(module.stop_after_if) ? module.stop_after_if : {};
    if (ids.has(String(module.id))) problems.push(`${name}: the id is used twice`);
    ids.add(String(module.id));
    if (["failure", "preprocessor", "Input"].includes(String(module.id)))
      problems.push(`${name}: the id is reserved`);
    if (!leaf && module.retry !== undefined) problems.push(`${name}: retry is run for scripts only`);
    if (!leaf && module.timeout !== undefined) problems.push(`${name}: timeout is run for scripts only`);
    if (last && module.sleep !== undefined)
      problems.push(`${name}: sleep on the last module is not supported`);
    if (module.continue_on_error === true && isParallel(value))
      problems.push(`${name}: Windmill cannot continue after the error of a parallel module`);
    if (stop.skip_if_stopped === true && typeof stop.error_message === "string")
      problems.push(`${name}: stop_after_if with both skip_if_stopped and error_message is not supported`);
    if (
      typeof stop.error_message === "string" &&
      (module.retry !== undefined || module.continue_on_error === true) &&
      flow.failure_module !== undefined
    )
      problems.push(
        `${name}: stop_after_if.error_message with retry or continue_on_error and a failure module is not supported`,
      );
  }
  const failure = isRecord(flow.failure_module) ? flow.failure_module : undefined;
  if (failure !== undefined && !(isRecord(failure.value) && LEAVES.includes(String(failure.value.type))))
    problems.push("failure_module: only a script is supported");
  for (const key of ["stop_after_if", "skip_if", "sleep", "continue_on_error"]) {
    if (failure?.[key] !== undefined) problems.push(`failure_module: ${key} is not supported`);
  }
  return problems;
}

function isParallel(value: Record<string, unknown>): boolean {
  if (value.type === "branchall") return value.parallel !== false;
  return value.type === "forloopflow" && value.parallel === true;
}

function looseModules(list: unknown): LooseModule[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((module, i) => {
    if (!isRecord(module)) return [];
    const value = isRecord(module.value) ? module.value : {};
    const branches = Array.isArray(value.branches) ? value.branches.filter(isRecord) : [];
    const inner = [value.modules, value.default, ...branches.map((branch) => branch.modules)];
    return [{ module, value, last: i === list.length - 1 }, ...inner.flatMap(looseModules)];
  });
}
