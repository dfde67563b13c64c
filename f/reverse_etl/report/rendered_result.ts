/** A value of one cell of a table. */
export type Cell = string | number | boolean | null;

/**
 * A result that Windmill shows as several parts below one another, each by what its only key says (`markdown`, `table-row-object`, `svg`); a
 * part with several keys is shown as JSON. A part of more than 100 kB would not be rendered (DisplayResult.svelte of Windmill 1.788, read
 * 2026-11).
 */
export interface RenderedResult {
  readonly render_all: readonly object[];
}

/** A table with its columns in this order. */
export function table(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, Cell>>[],
): { readonly "table-row-object": readonly object[] } {
  return { "table-row-object": [columns, ...rows] };
}

export function markdown(...lines: readonly string[]): { readonly markdown: string } {
  return { markdown: lines.join("\n") };
}

/** A text that keeps to a table's cell. */
export function shortened(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

/** The characters that markdown would read as markup, made plain. */
export function plain(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>#|]/g, "\\$&");
}

/** `1 call`, `2 calls`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A time in the unit that reads best. */
export function spell(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  const minutes = seconds / 60;
  return minutes < 100 ? `${minutes.toFixed(1)} min` : `${(minutes / 60).toFixed(1)} h`;
}
