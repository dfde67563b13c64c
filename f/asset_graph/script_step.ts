import type { FlowModule, InputTransform, Retry } from "./openflow.ts";

/** A JavaScript expression that Windmill evaluates when the step starts. */
export class Expression {
  readonly code: string;
  constructor(code: string) {
    this.code = code;
  }
}

export function expression(code: string): Expression {
  return new Expression(code);
}

/** A module that runs a deployed script by its path; inputs are static values unless they are expressions. */
export function scriptStep(step: {
  readonly id: string;
  readonly summary: string;
  readonly path: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly skipIf?: string;
  readonly retry?: Retry;
  readonly timeoutSeconds?: number;
}): FlowModule {
  return {
    id: step.id,
    summary: step.summary,
    value: {
      type: "script",
      path: step.path,
      input_transforms: Object.fromEntries(
        Object.entries(step.inputs).map(([name, value]) => [name, transform(value)]),
      ),
    },
    ...(step.skipIf === undefined ? {} : { skip_if: { expr: step.skipIf } }),
    ...(step.retry === undefined ? {} : { retry: step.retry }),
    ...(step.timeoutSeconds === undefined ? {} : { timeout: step.timeoutSeconds }),
  };
}

function transform(value: unknown): InputTransform {
  return value instanceof Expression ? { type: "javascript", expr: value.code } : { type: "static", value };
}
