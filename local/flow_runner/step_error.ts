import { isRecord, toJobResult } from "./job_result.ts";

/** The result of a failed job. */
export interface ErrorResult {
  readonly error: Readonly<Record<string, unknown>>;
}

/** A job that fails before or outside its `main`, with the result that Windmill stores for it. */
export class StepFailure extends Error {
  readonly result: ErrorResult;

  constructor(result: ErrorResult) {
    super(String(result.error.message));
    this.result = result;
  }
}

/** Input transform that could not be evaluated. Windmill fails the job before it starts: no `step_id`. */
export function transformFailure(expression: string, cause: unknown): StepFailure {
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new StepFailure({
    error: {
      name: "ExecutionErr",
      message: `Error during isolated evaluation of expression \`${expression}\`:\n${reason}`,
    },
  });
}

/** A job that the worker, not the script, failed: a missing resource, a timeout. */
export function executionFailure(stepId: string, reason: string): StepFailure {
  return new StepFailure({
    error: { name: "ExecutionErr", message: `execution error:\n${reason}`, step_id: stepId },
  });
}

/** The flow itself failed: its iterator, branch predicate or `skip_if`. */
export function flowFailure(reason: string): StepFailure {
  return new StepFailure({ error: { name: "Anyhow", message: `Error: ${reason}` } });
}

/**
 * What Windmill stores when `main` throws (bun_executor.rs, wrapper.mjs): name, message, stack, the step's
 * id, and under `extra` every other *own* property, enumerable or not, so an error's `cause` and `code`, too.
 */
export function thrownResult(thrown: unknown, stepId: string): ErrorResult {
  const own: Record<string, unknown> = {};
  if (typeof thrown === "object" && thrown !== null) {
    for (const key of Object.getOwnPropertyNames(thrown)) {
      if (!NOT_EXTRA.has(key)) own[key] = Reflect.get(thrown, key);
    }
  }
  const named = isRecord(thrown) ? thrown : {};
  const error = {
    ...present({ message: named.message, name: named.name, stack: named.stack }),
    step_id: stepId,
    ...(Object.keys(own).length > 0 ? { extra: dropUndefined(own) } : {}),
  };
  return { error };
}

const NOT_EXTRA = new Set([
  "line",
  "name",
  "stack",
  "column",
  "message",
  "sourceURL",
  "originalLine",
  "originalColumn",
]);

function present(properties: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}

/** An own property that JSON cannot carry (a cycle) is left out instead of hiding the error itself. */
function dropUndefined(properties: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(present(properties))) {
    try {
      kept[key] = toJobResult(value);
    } catch {
      kept[key] = "[cannot be serialised]";
    }
  }
  return kept;
}
