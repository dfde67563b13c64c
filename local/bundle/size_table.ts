import Table from "cli-table3";
import type { Bundle } from "./bundle.ts";

/** Packages below this many bytes are shown as one line. */
const SHOWN_BYTES = 10_000;

/** One line a bundle, minified beside plain; both lists hold the same bundles. */
export function sizeTable(minified: readonly Bundle[], plain: readonly Bundle[]): string {
  const plainBytes = new Map(plain.map(({ name, bytes }) => [name, bytes]));
  return table(
    ["file", "minified kB", "plain kB"],
    minified.map(({ name, bytes }) => [`${name}.js`, kilobytes(bytes), kilobytes(plainBytes.get(name) ?? 0)]),
  );
}

/** What a bundle is made of, the heaviest package first. */
export function packageTable({ name, packages }: Bundle): string {
  const sorted = [...packages].sort(([, a], [, b]) => b - a);
  const shown = sorted.filter(([, bytes]) => bytes >= SHOWN_BYTES);
  const others = sorted.slice(shown.length);
  const rest = others.reduce((sum, [, bytes]) => sum + bytes, 0);
  return table(
    [`in ${name}.js`, "minified kB"],
    [
      ...shown.map(([packageName, bytes]) => [packageName, kilobytes(bytes)]),
      [`${others.length} others`, kilobytes(rest)],
    ],
  );
}

function table(head: string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({
    head,
    colAligns: head.map((_, column) => (column === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn.toString();
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}
