const ONLY_KEYS = new Set([
  "markdown",
  "md",
  "table-row-object",
  "table-row",
  "table-col",
  "svg",
  "html",
  "error",
]);

/** Above this Windmill shows JSON instead. */
export const RENDERED_CHARACTERS = 100_000;

/**
 * How Windmill would show a result: by its only key, else as JSON (DisplayResult.svelte, read 2026-11). An object that holds nothing but
 * lists would be taken for a table by columns.
 */
export function rendererOf(part: unknown): string {
  if (typeof part !== "object" || part === null || Array.isArray(part)) return "other";
  const keys = Object.keys(part);
  const [only = ""] = keys;
  const isSvg = keys.length === 1 && only === "svg";
  if (JSON.stringify(part).length > RENDERED_CHARACTERS && !isSvg) return "too large";
  if (keys.length === 1 && ONLY_KEYS.has(only)) return only;
  return keys.length > 0 && Object.values(part).every(Array.isArray) ? "table-col" : "json";
}

/** The parts of a `render_all` result, which must be its only key; throws for any other result. */
export function partsOf(result: unknown): readonly unknown[] {
  const entries = Object.entries((result ?? {}) as object);
  const [name, parts] = entries[0] ?? [];
  if (entries.length !== 1 || name !== "render_all" || !Array.isArray(parts)) {
    throw new Error(`Windmill would show this as JSON: ${JSON.stringify(result)}`);
  }
  return parts;
}

/** The rows of the table that has a column of this name; throws for a table that Windmill would not show. */
export function tableWith(result: unknown, column: string): readonly Record<string, unknown>[] {
  for (const part of partsOf(result)) {
    const [columns, ...rows] = ((part ?? {}) as Record<string, unknown[]>)["table-row-object"] ?? [];
    if (!Array.isArray(columns) || !columns.includes(column)) continue;
    const odd = rows.filter((row) => !Object.keys(row as object).every((key) => columns.includes(key)));
    if (rows.length === 0 || odd.length > 0) throw new Error(`Not a table: ${JSON.stringify(part)}`);
    return rows as Record<string, unknown>[];
  }
  throw new Error(`No table has a column ${column}.`);
}
