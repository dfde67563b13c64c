import type { FlowEvent, FlowRun } from "../../../local/flow_runner/flow_run.ts";
import { type RunFlowOptions, runFlow } from "../../../local/flow_runner/run_flow.ts";
import type { Main, ScriptSource } from "../../../local/flow_runner/script_source.ts";
import type { Timer } from "../../../local/flow_runner/timer.ts";

/** Scripts given as functions that take one argument, `x`. */
export function scriptsOf(mains: Record<string, (x: never) => unknown>): ScriptSource {
  return {
    find: async (step) => {
      const main = step.type === "script" ? mains[step.path] : undefined;
      if (main === undefined) throw new Error("there is no such script");
      return { parameters: [{ name: "x", isDate: false }], main: async () => main as Main };
    },
  };
}

/** A script module that gets `x` from an expression. */
export function step(id: string, path: string, expr = "null", settings: object = {}) {
  const input_transforms = { x: { type: "javascript", expr } };
  return { id, value: { type: "script", path, input_transforms }, ...settings };
}

export function parallelLoop(iterator: string, modules: readonly unknown[], settings: object = {}) {
  const value = { type: "forloopflow", iterator: { type: "javascript", expr: iterator }, parallel: true };
  return { id: "loop", value: { ...value, skip_failures: false, modules, ...settings } };
}

/** A timer on which nothing waits, with what was asked of it, in seconds. */
export function instantTimer(): Timer & { readonly slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => 0,
    sleep: async (milliseconds) => {
      slept.push(milliseconds / 1000);
    },
  };
}

export interface Observed {
  readonly run: FlowRun;
  readonly events: readonly FlowEvent[];
}

export async function observe(
  flow: unknown,
  mains: Record<string, (x: never) => unknown>,
  options: Partial<RunFlowOptions> & { readonly args?: Record<string, unknown> } = {},
): Promise<Observed> {
  const events: FlowEvent[] = [];
  const { args = {}, ...others } = options;
  const run = await runFlow(flow, args, {
    scripts: scriptsOf(mains),
    resources: {},
    variables: {},
    onEvent: (event) => events.push(event),
    ...others,
  });
  return { run, events };
}
