/**
 * What a job hands to the next one: JSON, so that no class, `Date` or shared object leaks between steps.
 *
 * As Windmill's wrapper of a TypeScript script does it (bun_executor.rs): no result is `null`, an undefined
 * property becomes `null` instead of going away, a bigint becomes a string.
 */
export function toJobResult(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null, jobResultReplacer) ?? "null");
}

/**
 * An expression's value: `undefined` is `null`, and an undefined property goes away (plain `JSON.stringify`).
 */
export function toJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null) ?? "null");
}

function jobResultReplacer(_key: string, value: unknown): unknown {
  if (value === undefined) return null;
  return typeof value === "bigint" ? value.toString() : value;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
