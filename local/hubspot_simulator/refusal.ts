/** Why one property of one input was refused, as HubSpot lists it. */
export interface PropertyProblem {
  readonly name: string;
  readonly error: string;
  readonly message: string;
}

export type RefusalContext = Readonly<Record<string, readonly string[]>>;

/**
 * HubSpot's no, to a whole request or (in a 207) to one input.
 * `context` values are lists, because the official client splits a plain string into characters.
 */
export class Refusal extends Error {
  readonly status: number;
  readonly category: string | null;
  readonly context: RefusalContext | null;
  readonly problems: readonly PropertyProblem[];
  /** Further fields of the body of a whole-request refusal. */
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(parts: {
    readonly status: number;
    readonly category: string | null;
    readonly message: string;
    readonly context?: RefusalContext;
    readonly problems?: readonly PropertyProblem[];
    readonly extra?: Readonly<Record<string, unknown>>;
  }) {
    super(parts.message);
    this.status = parts.status;
    this.category = parts.category;
    this.context = parts.context ?? null;
    this.problems = parts.problems ?? [];
    this.extra = parts.extra ?? {};
  }
}

/** The body of an answer that refuses the whole request. */
export function refusalBody(refusal: Refusal, correlationId: string): Record<string, unknown> {
  const byText = new Map(refusal.problems.map((problem) => [problem.message, problem]));
  return {
    status: "error",
    message: refusal.message,
    correlationId,
    ...(refusal.context === null ? {} : { context: refusal.context }),
    ...(byText.size === 0
      ? {}
      : {
          errors: [...byText.values()].map(({ message, error, name }) => ({
            message,
            code: error,
            context: { propertyName: [name] },
          })),
        }),
    ...refusal.extra,
    ...(refusal.category === null ? {} : { category: refusal.category }),
  };
}

/** One entry of a 207's `errors`: no links, no errors, no correlationId. */
export function rowRefusal(
  refusal: Refusal,
  traceId: string | null,
  portalId: number,
): Record<string, unknown> {
  const message =
    refusal.problems.length === 0 ? refusal.message : problemsMessage(refusal.problems, { portalId });
  const context = traceId === null ? refusal.context : { objectWriteTraceId: [traceId], ...refusal.context };
  return {
    status: "error",
    category: refusal.category,
    message,
    ...(context === null ? {} : { context }),
  };
}

/** The refusal of property values; names no row, as HubSpot does not. */
export function invalidProperties(problems: readonly PropertyProblem[]): Refusal {
  return new Refusal({
    status: 400,
    category: "VALIDATION_ERROR",
    message: problemsMessage(problems, null),
    problems,
  });
}

export function validationError(message: string, context?: RefusalContext): Refusal {
  const parts = { status: 400, category: "VALIDATION_ERROR", message };
  return new Refusal(context === undefined ? parts : { ...parts, context });
}

export function invalidJson(detail: string): Refusal {
  return new Refusal({ status: 400, category: null, message: `Invalid input JSON ${detail}` });
}

export function resourceNotFound(): Refusal {
  return new Refusal({ status: 404, category: "OBJECT_NOT_FOUND", message: "resource not found" });
}

function problemsMessage(
  problems: readonly PropertyProblem[],
  localized: { readonly portalId: number } | null,
): string {
  const listed = problems.map(({ message, error, name }) => ({
    isValid: false,
    message,
    error,
    name,
    ...(localized === null ? {} : { localizedErrorMessage: message, portalId: localized.portalId }),
  }));
  return `Property values were not valid: ${JSON.stringify(listed)}`;
}
