import { createContext, Script } from "node:vm";
import { expressionCode } from "./expression_code.ts";
import { toJson } from "./job_result.ts";
import type { ResultScope } from "./result_scope.ts";
import { readResource, readVariable, type Workspace } from "./workspace_value.ts";

/** Windmill's limit for one expression (windmill-jseval, `EVAL_TIMEOUT_MS`, 1.788). */
const EXPRESSION_TIMEOUT_MS = 20_000;

/** What an expression sees. A name that is left out is not defined in it, as on Windmill. */
export interface ExpressionContext {
  readonly variables: Readonly<Record<string, unknown>>;
  /** `results.<id>`; absent where Windmill has none (`retry_if`). */
  readonly results?: ResultScope;
  /** The step before this one: `results.<previousId>` is `previous_result`. */
  readonly previousId?: string;
  /** Behind `variable(path)` and `resource(path)`. */
  readonly workspace?: Workspace;
}

/**
 * Evaluates a flow expression: one expression, or a body with `return`. The value went through JSON:
 * `undefined` is `null`.
 *
 * Runs in a fresh V8 context (`node:vm`), which has the language and none of Node, like Windmill's QuickJS.
 * V8 accepts what QuickJS accepts, so a second engine would only add a dependency. It isolates, it does not
 * contain: a flow file is trusted code.
 *
 * @throws Error with the expression's own message, also when it takes longer than 20 seconds.
 */
export function evaluate(expression: string, context: ExpressionContext): unknown {
  const trimmed = expression.trim();
  const direct = directResult(trimmed, context);
  if (direct !== undefined) return direct.value;

  const outcome: { json?: string; error?: unknown } = {};
  const sandbox = createContext(
    {
      __inputs: JSON.stringify(usedInputs(trimmed, context)),
      __finish: (json: string | undefined, error: unknown) => Object.assign(outcome, { json, error }),
      __variable: (path: string) => readVariable(requireWorkspace(context), path),
      __resource: (path: string) => JSON.stringify(readResource(requireWorkspace(context), path)),
    },
    { microtaskMode: "afterEvaluate" },
  );
  new Script(expressionCode(trimmed), { filename: "expression" }).runInContext(sandbox, {
    timeout: EXPRESSION_TIMEOUT_MS,
  });
  if (outcome.error !== undefined) throw asError(outcome.error);
  if (!("json" in outcome))
    throw new Error("the expression did not finish: it awaits something that never happens");
  return JSON.parse(outcome.json ?? "null");
}

/** A predicate, as Windmill evaluates it: `Boolean(<expression>)`, so a body with `return` is an error. */
export function evaluatePredicate(expression: string, context: ExpressionContext): boolean {
  return evaluate(`Boolean(${expression})`, context) === true;
}

/** The steps that the text names: Windmill fetches exactly these before the expression runs. */
function referencedSteps(expression: string): string[] {
  const named = expression.matchAll(/results\??(?:\.([A-Za-z_0-9]+)|\["(.*?)"\])/g);
  return [...new Set([...named].map(([, dotted, quoted]) => dotted ?? quoted ?? ""))];
}

function usedInputs(expression: string, context: ExpressionContext) {
  const needsPrevious = expression.includes("error");
  const variables = Object.fromEntries(
    Object.entries(context.variables).filter(
      ([name]) => expression.includes(name) || (needsPrevious && name === "previous_result"),
    ),
  );
  const { results } = context;
  if (results === undefined) return { variables };
  const ids = referencedSteps(expression);
  const isPrevious = (id: string) => id === context.previousId;
  const read = ids.map((id) => [id, isPrevious(id) ? context.variables.previous_result : results.get(id)]);
  const withoutJob = ids.filter((id) => !isPrevious(id) && results.isWithoutJob(id));
  return { variables, results: Object.fromEntries(read), withoutJob };
}

/**
 * A plain path such as `results.plan.batches` is answered by Windmill from its database as a JSON path: what
 * is missing on the way is `null` instead of an error. Only for steps other than the previous one, whose
 * result is already at hand.
 */
function directResult(expression: string, context: ExpressionContext): { value: unknown } | undefined {
  const path = /^results\??\.([A-Za-z_0-9]+)(?:\[(\d+)\])?((?:\.[A-Za-z_0-9]+)*)$/.exec(expression);
  if (path === null || context.results === undefined) return undefined;
  const [, id = "", index, rest = ""] = path;
  if (id === context.previousId || rest.endsWith(".length")) return undefined;
  let value = context.results.get(id);
  for (const key of [...(index === undefined ? [] : [index]), ...rest.split(".").slice(1)]) {
    value =
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? Reflect.get(value, key)
        : null;
  }
  return { value: toJson(value) };
}

function requireWorkspace(context: ExpressionContext): Workspace {
  if (context.workspace === undefined) throw new Error("variable() and resource() are not available here");
  return context.workspace;
}

/** An error of the other context is not an `Error` of this one: only its texts are taken over. */
function asError(thrown: unknown): Error {
  const { name, message } = Object(thrown) as { name?: unknown; message?: unknown };
  const error = new Error(typeof message === "string" ? message : String(thrown));
  if (typeof name === "string") error.name = name;
  return error;
}
