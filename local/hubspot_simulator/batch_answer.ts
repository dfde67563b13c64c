import type { Portal } from "./portal.ts";
import type { ApiAnswer } from "./route.ts";

/** The answer to a batch request: `status`, or 207 as soon as one input has an error. */
export function batchAnswer(
  portal: Portal,
  status: number,
  results: readonly Record<string, unknown>[],
  errors: readonly unknown[],
): ApiAnswer {
  const at = new Date(portal.clock.now()).toISOString();
  const listed = errors.length === 0 ? {} : { numErrors: errors.length, errors };
  const body = { status: "COMPLETE", results, ...listed, startedAt: at, completedAt: at };
  return { status: errors.length === 0 ? status : 207, body };
}
