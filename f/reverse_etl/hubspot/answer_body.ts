/** One entry of `results`. */
export interface ResultRow {
  readonly id: string | null;
  readonly properties: Readonly<Record<string, string | null>>;
  readonly traceId: string | null;
  readonly created: boolean | null;
}

/** HubSpot's error object: an entry of `errors`, or the whole body of a refusal. */
export interface ErrorObject {
  readonly code: string | null;
  readonly category: string | null;
  readonly message: string;
  readonly policyName: string | null;
  /** Lists of texts by name; a single text counts as a list of one. */
  readonly context: Readonly<Record<string, readonly string[]>>;
  readonly inner: readonly ErrorObject[];
}

export interface AnswerBody {
  /** Null when the body is no JSON object. */
  readonly error: ErrorObject | null;
  /** `COMPLETE`, `PENDING`, …; null when absent. */
  readonly status: string | null;
  readonly results: readonly ResultRow[];
  /** True for the answer of a single-record endpoint, which is the record itself. */
  readonly isSingleRecord: boolean;
}

const NOTHING: AnswerBody = { error: null, status: null, results: [], isSingleRecord: false };

/** Reads a body without trusting it: whatever has another shape than HubSpot's counts as absent. */
export function parseAnswerBody(text: string): AnswerBody {
  const body = asObject(parseJson(text));
  if (body === null) return NOTHING;
  const isSingleRecord =
    !("results" in body) && asText(body.id) !== null && asObject(body.properties) !== null;
  const rows = isSingleRecord ? [body] : asList(body.results);
  return {
    error: errorOf(body, 0),
    status: typeof body.status === "string" ? body.status : null,
    results: rows.map(resultOf).filter((row) => row !== null),
    isSingleRecord,
  };
}

function resultOf(value: unknown): ResultRow | null {
  const row = asObject(value);
  if (row === null) return null;
  return {
    id: asText(row.id),
    properties: textsOf(asObject(row.properties) ?? {}),
    traceId: asText(row.objectWriteTraceId),
    created: typeof row.new === "boolean" ? row.new : null,
  };
}

type Texts = Readonly<Record<string, string | null>>;

/** Properties are texts or null already in all but a few answers, and then none of them is copied. */
function textsOf(properties: Readonly<Record<string, unknown>>): Texts {
  const areTexts = Object.values(properties).every((held) => held === null || typeof held === "string");
  if (areTexts) return properties as Texts;
  return Object.fromEntries(
    Object.entries(properties).map(([name, held]) => [
      name,
      held === null ? null : (asText(held) ?? JSON.stringify(held)),
    ]),
  );
}

function errorOf(body: Readonly<Record<string, unknown>>, depth: number): ErrorObject {
  const context: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(asObject(body.context) ?? {})) {
    context[name] = (Array.isArray(value) ? value : [value]).map(asText).filter((text) => text !== null);
  }
  const inner =
    depth < 3
      ? asList(body.errors)
          .map(asObject)
          .filter((entry) => entry !== null)
      : [];
  return {
    code: asText(body.code) ?? asText(body.errorType),
    category: asText(body.category),
    message: asText(body.message) ?? "",
    policyName: asText(body.policyName),
    context,
    inner: inner.map((entry) => errorOf(entry, depth + 1)),
  };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A body that is no JSON (a gateway's HTML, nothing at all) says nothing about any row.
    return null;
  }
}

export function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asText(value: unknown): string | null {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}
