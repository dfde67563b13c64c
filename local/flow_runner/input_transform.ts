import { type ExpressionContext, evaluate, evaluatePredicate } from "./expression.ts";
import type { ModuleContext } from "./flow_scope.ts";
import type { InputTransform } from "./openflow_input.ts";
import { flowFailure, StepFailure, transformFailure } from "./step_error.ts";

/**
 * The arguments of a step. `params` is there and empty, as on Windmill.
 *
 * @throws StepFailure for the first transform that cannot be evaluated.
 */
export function stepArguments(
  context: ModuleContext,
  transforms: Readonly<Record<string, InputTransform>>,
): Record<string, unknown> {
  const seen = expressionContext(context, { params: {}, ...context.failure });
  const args: Record<string, unknown> = {};
  for (const [name, transform] of Object.entries(transforms)) {
    if (transform.type === "static") {
      args[name] = transform.value;
      continue;
    }
    try {
      args[name] = evaluate(transform.expr, seen);
    } catch (error) {
      throw transformFailure(transform.expr, error);
    }
  }
  return args;
}

/**
 * A setting of the flow itself (iterator, parallelism, sleep, timeout): static or computed. Its error fails
 * the flow, not a step.
 */
export function flowSetting(context: ModuleContext, transform: InputTransform | number): unknown {
  if (typeof transform === "number") return transform;
  if (transform.type === "static") return transform.value;
  return inFlow(transform.expr, () =>
    evaluate(transform.expr, expressionContext(context, { result: context.previous })),
  );
}

/** `skip_if` and the predicates of a `branchone`. */
export function flowPredicate(context: ModuleContext, expression: string): boolean {
  return inFlow(expression, () =>
    evaluatePredicate(expression, expressionContext(context, { result: context.previous })),
  );
}

/** `stop_after_if`: `result` and `previous_result` are the module's own result. */
export function stopPredicate(
  context: ModuleContext,
  expression: string,
  result: unknown,
  allIterations?: readonly unknown[],
): boolean {
  const { scope } = context;
  return inFlow(expression, () =>
    evaluatePredicate(expression, {
      variables: {
        flow_input: scope.input,
        flow_env: scope.run.flowEnvironment,
        result,
        previous_result: result,
        ...(allIterations === undefined ? {} : { all_iters: allIterations }),
      },
      results: scope.results,
      workspace: scope.run.workspace,
    }),
  );
}

/** `retry_if`: it sees `result`, `error` and `flow_input`, and no `results`. */
export function retryPredicate(context: ModuleContext, expression: string, result: unknown): boolean {
  return inFlow(expression, () =>
    evaluatePredicate(expression, {
      variables: {
        flow_input: context.scope.input,
        flow_env: context.scope.run.flowEnvironment,
        result,
        previous_result: result,
      },
      workspace: context.scope.run.workspace,
    }),
  );
}

function expressionContext(
  context: ModuleContext,
  extra: Readonly<Record<string, unknown>>,
): ExpressionContext {
  const { scope, previous, previousId } = context;
  return {
    variables: {
      flow_input: scope.input,
      flow_env: scope.run.flowEnvironment,
      previous_result: previous,
      ...extra,
    },
    results: scope.results,
    workspace: scope.run.workspace,
    ...(previousId === undefined ? {} : { previousId }),
  };
}

function inFlow<T>(expression: string, evaluation: () => T): T {
  try {
    return evaluation();
  } catch (error) {
    if (error instanceof StepFailure) throw error;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw flowFailure(`the expression \`${expression}\` failed: ${reason}`);
  }
}
