import { isRecord } from "./job_result.ts";
import { executionFailure } from "./step_error.ts";

/** What the workspace holds, by Windmill path (`f/reverse_etl/environment`). */
export interface Workspace {
  readonly resources: Readonly<Record<string, unknown>>;
  readonly variables: Readonly<Record<string, string>>;
}

/** Windmill's text for a variable or resource that does not exist (1.788). */
export function notFound(kind: "Variable" | "Resource", path: string): string {
  return `Not found: ${kind} ${path} not found`;
}

/** A missing variable or resource; the message is Windmill's. */
export class MissingValue extends Error {}

export function readVariable(workspace: Workspace, path: string): string {
  const value = Object.hasOwn(workspace.variables, path) ? workspace.variables[path] : undefined;
  if (value === undefined) throw new MissingValue(notFound("Variable", path));
  return value;
}

/** A resource with the `$var:` and `$res:` references in it resolved. */
export function readResource(workspace: Workspace, path: string, within: readonly string[] = []): unknown {
  if (within.includes(path)) {
    throw new MissingValue(`Resource ${path} refers to itself: ${[...within, path].join(" -> ")}`);
  }
  if (!Object.hasOwn(workspace.resources, path)) throw new MissingValue(notFound("Resource", path));
  return resolveReferences(workspace, workspace.resources[path], [...within, path]);
}

/**
 * A step's arguments with every `$var:` and `$res:` string replaced, as Windmill does when the step starts. A deep copy:
 * what a `main` changes in its arguments stays its own.
 *
 * @throws StepFailure as Windmill words it, for the argument whose reference does not exist.
 */
export function resolveArguments(
  workspace: Workspace,
  stepId: string,
  args: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const resolved: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(args)) {
    try {
      resolved[name] = resolveReferences(workspace, value, []);
    } catch (error) {
      if (!(error instanceof MissingValue)) throw error;
      throw executionFailure(stepId, `${error.message} for \`${name}\`: ${error.message}`);
    }
  }
  return resolved;
}

function resolveReferences(workspace: Workspace, value: unknown, within: readonly string[]): unknown {
  if (typeof value === "string") {
    if (value.startsWith("$var:")) return readVariable(workspace, value.slice("$var:".length));
    if (value.startsWith("$res:")) return readResource(workspace, value.slice("$res:".length), within);
    return value;
  }
  if (Array.isArray(value)) return value.map((item) => resolveReferences(workspace, item, within));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, resolveReferences(workspace, item, within)]),
  );
}
