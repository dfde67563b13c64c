import type { SingleBar } from "cli-progress";
import Table from "cli-table3";
import picocolors from "picocolors";
import { progressBar } from "../progress_bar.ts";
import type { DayRow } from "./day_row.ts";

/** Where the demo writes for people: a terminal gets a bar, a table and colours; anything else plain lines. */
export interface Output {
  line(text: string): void;
  problem(text: string): void;
  /** `total` days, of which `done` are over; days follow as they end. */
  startDays(total: number, done: number): void;
  /** What is being done on the day that runs; shown on a terminal only. */
  working(text: string): void;
  dayEnded(number: number, row: DayRow): void;
  /** The table of days on a terminal, and the total everywhere. */
  endDays(rows: readonly DayRow[], total: DayRow): void;
  /** Takes the bar away, whatever happened. */
  close(): void;
}

/** The columns of a day: what was read, what changed, what it took. */
export const DAY_COLUMNS: readonly (readonly [head: string, text: (row: DayRow) => string])[] = [
  ["day", (row) => row.day],
  ["purchases", (row) => whole(row.purchases)],
  ["source rows", (row) => whole(row.sourceRows)],
  ["created", (row) => whole(row.created)],
  ["updated", (row) => whole(row.updated)],
  ["unchanged", (row) => whole(row.unchanged)],
  ["calls", (row) => whole(row.calls)],
  ["rate-limited", (row) => whole(row.rateLimited)],
  ["rejected", (row) => whole(row.rejected)],
  ["p50 ms", (row) => latency(row.p50)],
  ["p95 ms", (row) => latency(row.p95)],
  ["seconds", (row) => row.seconds.toFixed(1)],
];

/** With more days than this, only the first and the last ones are shown. */
const ALL_SHOWN = 24;
const SHOWN_AT_EACH_END = 7;
const SHOWN_BETWEEN = 30;

export function createOutput(stream: NodeJS.WriteStream): Output {
  return stream.isTTY === true ? terminalOutput(stream) : plainOutput(stream);
}

function terminalOutput(stream: NodeJS.WriteStream): Output {
  const colors = picocolors.createColors(true);
  let bar: SingleBar | null = null;
  let done = 0;
  // What is written while the bar stands would be torn apart by it.
  const above = (text: string) => {
    if (bar !== null) stream.write("\r\x1b[K");
    stream.write(`${text}\n`);
  };
  const close = () => {
    bar?.stop();
    bar = null;
  };
  return {
    line: above,
    problem: (text) => above(colors.red(text)),
    startDays(total, doneBefore) {
      done = doneBefore;
      bar = progressBar(stream, colors, "{value}/{total} days · {step}");
      bar.start(total, done, { step: "" });
    },
    working: (text) => bar?.update(done, { step: text }),
    dayEnded(number) {
      done = number;
      bar?.update(done);
    },
    endDays(rows, total) {
      close();
      stream.write(`${dayTable(rows, total, colors)}\n`);
    },
    close,
  };
}

function plainOutput(stream: NodeJS.WriteStream): Output {
  const line = (text: string) => stream.write(`${text}\n`);
  let days = 0;
  let first = 0;
  return {
    line,
    problem: line,
    startDays(total, done) {
      days = total;
      first = done;
      line(DAY_COLUMNS.map(([head]) => head).join("  "));
    },
    working: () => {},
    dayEnded(number, row) {
      const few = days - first <= ALL_SHOWN;
      const atAnEnd = number - first <= SHOWN_AT_EACH_END || days - number < SHOWN_AT_EACH_END;
      if (few || atAnEnd || number % SHOWN_BETWEEN === 0) line(plainDay(row));
    },
    endDays: (_rows, total) => line(plainDay(total)),
    close: () => {},
  };
}

function plainDay(row: DayRow): string {
  return DAY_COLUMNS.map(([head, text]) => text(row).padStart(head.length)).join("  ");
}

function dayTable(
  rows: readonly DayRow[],
  total: DayRow,
  colors: ReturnType<typeof picocolors.createColors>,
): string {
  const table = new Table({
    head: DAY_COLUMNS.map(([head]) => colors.bold(head)),
    colAligns: DAY_COLUMNS.map((_, index) => (index === 0 ? "left" : "right")),
    style: { head: [], border: ["gray"], compact: true },
  });
  const cells = (row: DayRow) => DAY_COLUMNS.map(([, text]) => text(row));
  const few = rows.length <= ALL_SHOWN;
  table.push(...(few ? rows : rows.slice(0, SHOWN_AT_EACH_END)).map(cells));
  if (!few) {
    table.push([
      {
        colSpan: DAY_COLUMNS.length,
        content: colors.dim(`${rows.length - 2 * SHOWN_AT_EACH_END} more days in the report`),
      },
    ]);
    table.push(...rows.slice(-SHOWN_AT_EACH_END).map(cells));
  }
  table.push(cells(total).map((text) => colors.bold(text)));
  return table.toString();
}

/** A count with its noun, which gets an s unless there is one. */
export function counted(count: number, noun: string): string {
  return `${whole(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A count with thousands separated. */
export function whole(count: number): string {
  return count.toLocaleString("en-US");
}

function latency(milliseconds: number | null): string {
  return milliseconds === null ? "–" : `${Math.round(milliseconds)}`;
}
