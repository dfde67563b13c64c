import Table from "cli-table3";
import picocolors from "picocolors";

/** Where text goes, and whether a person reads it there. */
export interface TextStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

export type Colors = ReturnType<typeof picocolors.createColors>;
export type Cell = string | number | null;

/** How a command's text is made for one stream. */
export interface Printer {
  readonly colors: Colors;
  /** Columns side by side, without borders, so that a line can be cut and searched; numbers stand right. */
  table(head: readonly string[], rows: readonly (readonly Cell[])[]): string;
  heading(text: string): string;
}

/** Colours only for a terminal that can show them and whose user does not refuse them (no-color.org). */
export function createPrinter(
  stream: TextStream,
  environment: Readonly<Record<string, string | undefined>>,
): Printer {
  const { NO_COLOR = "", TERM } = environment;
  const colors = picocolors.createColors(stream.isTTY === true && NO_COLOR === "" && TERM !== "dumb");
  return {
    colors,
    heading: (text) => colors.bold(text),
    table(head, rows) {
      const table = new Table({
        head: head.map((text) => colors.dim(text)),
        colAligns: head.map((_, column) => (isNumeric(rows, column) ? "right" : "left")),
        chars: NO_BORDERS,
        style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
      });
      table.push(...rows.map((row) => row.map(cellText)));
      return table
        .toString()
        .split("\n")
        .map((line) => `  ${line.trimEnd()}`)
        .join("\n");
    },
  };
}

/** A count with thousands separated, the same on every machine. */
export function whole(count: number): string {
  return count.toLocaleString("en-US");
}

/** A count with its noun. */
export function counted(count: number, noun: string, plural: string = `${noun}s`): string {
  return `${whole(count)} ${count === 1 ? noun : plural}`;
}

/** Milliseconds as people say them: `42 s`, `7 min`, `3 h 5 min`, `2 d 4 h`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${Math.floor(hours / 24)} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** An ISO instant to the second, as tables show it. */
export function instantText(iso: string | null): string {
  return iso === null ? "–" : `${iso.slice(0, 19).replace("T", " ")}Z`;
}

function cellText(cell: Cell): string {
  if (cell === null) return "–";
  return typeof cell === "number" ? whole(cell) : cell;
}

function isNumeric(rows: readonly (readonly Cell[])[], column: number): boolean {
  const cells = rows.map((row) => row[column]).filter((cell) => cell !== null && cell !== undefined);
  return cells.length > 0 && cells.every((cell) => typeof cell === "number");
}

const NO_BORDERS = Object.fromEntries(
  ["top", "bottom", "left", "right", "mid"]
    .flatMap((side) => [
      side,
      `${side}-mid`,
      `${side}-left`,
      `${side}-right`,
      `top-${side}`,
      `bottom-${side}`,
    ])
    .concat("left-mid", "mid-mid", "right-mid", "middle")
    .map((name) => [name, ""]),
);
