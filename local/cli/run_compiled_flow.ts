import { ERROR_CODES, type ErrorCode, RetlError } from "../../f/reverse_etl/sync/error.ts";
import type { FlowEvent, FlowRun } from "../flow_runner/flow_run.ts";
import { isRecord } from "../flow_runner/job_result.ts";
import { scriptsFromFolder } from "../flow_runner/resolve_script.ts";
import { runFlow } from "../flow_runner/run_flow.ts";
import type { ScriptSource } from "../flow_runner/script_source.ts";
import { startWindmillApi } from "../flow_runner/windmill_api.ts";
import type { Workspace } from "../flow_runner/workspace_value.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Needs } from "./workspace.ts";

/** What a run tells while it goes on. */
export interface RunListener {
  readonly onEvent?: (event: FlowEvent) => void;
  /** What a step answered, with its arguments by name: a flow's own result has only the last step's. */
  readonly onResult?: (path: string, args: Readonly<Record<string, unknown>>, result: unknown) => void;
  /** What a step threw; on Windmill its job shows that, and here nothing else does. */
  readonly onFailure?: (path: string, error: unknown) => void;
}

/** Runs a compiled flow on this machine, as Windmill would, and answers how it ended; a failed flow is not thrown. */
export async function runCompiledFlow(
  { root }: Pick<Surroundings, "root">,
  flow: unknown,
  args: Readonly<Record<string, unknown>>,
  workspace: Workspace,
  listener: RunListener = {},
): Promise<FlowRun> {
  const windmill = await startWindmillApi(workspace);
  windmill.connectClient();
  try {
    return await runFlow(flow, args, {
      ...workspace,
      scripts: overheard(scriptsFromFolder(root), listener),
      environment: windmill.env,
      onEvent(event) {
        windmill.observe(event);
        listener.onEvent?.(event);
      },
    });
  } finally {
    await windmill.close();
  }
}

/** The same scripts, whose results and errors are told as well. */
function overheard(scripts: ScriptSource, { onResult, onFailure }: RunListener): ScriptSource {
  return {
    async find(step) {
      const script = await scripts.find(step);
      const path = step.type === "script" ? step.path : "";
      const told = async <T>(work: () => Promise<T>): Promise<T> => {
        try {
          return await work();
        } catch (error) {
          onFailure?.(path, error);
          throw error;
        }
      };
      return {
        ...script,
        main: async () => {
          const main = await told(script.main);
          return async (...values) => {
            const result = await told(async () => main(...values));
            const args = script.parameters.map(({ name }, index) => [name, values[index]] as const);
            onResult?.(path, Object.fromEntries(args), result);
            return result;
          };
        },
      };
    },
  };
}

/** The error of a failed flow, with its own code; null for one that went through. */
export function flowFailure(run: FlowRun): Error | null {
  if (run.success) return null;
  const found = firstError(run.result);
  // The result itself is not shown: it may hold values of rows.
  if (found === null) return new Error("The flow failed, but no step of it told an error.");
  const { name, message } = found;
  if (!isCode(name)) return new Error(`${name}: ${message}`);
  return new RetlError(name, { what: message, state: "", next: "", details: found.extra });
}

function isCode(name: string): name is ErrorCode {
  return Object.hasOwn(ERROR_CODES, name);
}

/** The first `{ name, message }` in a flow's result, wherever a failure step or a loop has put it. */
function firstError(
  result: unknown,
): { name: string; message: string; extra: Record<string, unknown> } | null {
  if (Array.isArray(result)) return result.map(firstError).find((found) => found !== null) ?? null;
  if (!isRecord(result)) return null;
  const { name, message, extra } = result;
  if (typeof name === "string" && typeof message === "string") {
    const details = isRecord(extra) && isRecord(extra.details) ? extra.details : {};
    return { name, message, extra: details };
  }
  return firstError(Object.values(result));
}

/** The resources that the steps of a compiled flow refer to, by the argument they are handed over as. */
export function needsOf(flow: unknown): Needs {
  const found = [...inputs(flow)].flatMap(([argument, value]) =>
    [...references(value)].map((path) => ({ argument, path })),
  );
  const of = (wanted: (argument: string) => boolean) => [
    ...new Set(found.filter(({ argument }) => wanted(argument)).map(({ path }) => path)),
  ];
  const known = ["warehouse", "hubspot", "dbt"];
  return {
    warehouses: of((argument) => argument === "warehouse"),
    hubspots: of((argument) => argument === "hubspot"),
    dbt: of((argument) => argument === "dbt"),
    others: of((argument) => !known.includes(argument)),
  };
}

function* inputs(node: unknown): Generator<readonly [argument: string, value: unknown]> {
  if (Array.isArray(node)) for (const item of node) yield* inputs(item);
  if (!isRecord(node)) return;
  if (isRecord(node.input_transforms)) {
    for (const [name, input] of Object.entries(node.input_transforms)) {
      if (isRecord(input) && input.type === "static") yield [name, input.value];
    }
  }
  for (const value of Object.values(node)) yield* inputs(value);
}

function* references(value: unknown): Generator<string> {
  if (typeof value === "string" && value.startsWith("$res:")) yield value.slice("$res:".length);
  if (typeof value !== "object" || value === null) return;
  for (const item of Object.values(value)) yield* references(item);
}
