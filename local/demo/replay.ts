import type { Tables } from "../../f/reverse_etl/sync/tables.ts";
import { type DayRow, readRunRow, sumOfRows } from "./day_row.ts";
import { counted, type Output } from "./output.ts";
import type { Pipeline } from "./pipeline.ts";
import { loadDay, readReplayDay } from "./purchase_tables.ts";
import { type Purchase, replayDay, replayDayNumber } from "./purchases.ts";

export interface ReplaySettings {
  readonly pipeline: Pipeline;
  readonly tables: Tables;
  readonly purchases: readonly Purchase[];
  /** The number of the last day. */
  readonly days: number;
  readonly output: Output;
}

/** What the replay of this process did. */
export interface Replayed {
  /** The day that the warehouse now stands at, and its number. */
  readonly today: string;
  readonly days: number;
  readonly rows: readonly DayRow[];
  readonly runIds: readonly string[];
}

/** On the last day, changes without a certain answer are sent again this many times before HubSpot is looked at. */
const REPEATS = 5;

/**
 * Replays the days up to `days`, one run each, and goes on where the warehouse stands: the day that an earlier process was on is
 * loaded and run again. Throws when a run fails; the warehouse then stands at that day.
 */
export async function replay(settings: ReplaySettings): Promise<Replayed> {
  const { pipeline, output } = settings;
  const stands = await pipeline.withWarehouse(readReplayDay);
  const first = stands === null ? 1 : replayDayNumber(stands);
  const last = Math.max(first, settings.days);
  const byDay = purchasesByDay(settings.purchases);
  const rows: DayRow[] = [];
  const runIds: string[] = [];
  output.startDays(last, first - 1);
  for (let number = first; number <= last; number += 1) {
    const day = replayDay(number);
    output.working(day);
    const runs = await runDay(settings, day, byDay.get(day) ?? [], number === last ? REPEATS : 0);
    const row = sumOfRows(
      runs.map(({ row }) => row),
      day,
    );
    rows.push(row);
    runIds.push(...runs.map(({ runId }) => runId));
    output.dayEnded(number, row);
  }
  return { today: replayDay(last), days: last, rows, runIds };
}

async function runDay(
  settings: ReplaySettings,
  day: string,
  purchases: readonly Purchase[],
  repeats: number,
): Promise<{ runId: string; row: DayRow }[]> {
  const { pipeline, tables, output } = settings;
  const runs: { runId: string; row: DayRow }[] = [];
  let started = performance.now();
  await pipeline.withWarehouse((warehouse) => loadDay(warehouse, day, purchases));
  for (let repeat = 0; repeat <= repeats; repeat += 1) {
    const runId = await pipeline.run();
    const row = await pipeline.withWarehouse((warehouse) =>
      readRunRow(warehouse, tables, runId, {
        day,
        purchases: repeat === 0 ? purchases.length : 0,
        seconds: (performance.now() - started) / 1000,
      }),
    );
    runs.push({ runId, row });
    if (row.open === 0) break;
    if (repeats > 0)
      output.line(
        `${counted(row.open, "change")} of ${day} without a certain answer; one more run sends what is left.`,
      );
    started = performance.now();
  }
  return runs;
}

function purchasesByDay(purchases: readonly Purchase[]): Map<string, Purchase[]> {
  const days = new Map<string, Purchase[]>();
  for (const purchase of purchases) {
    const known = days.get(purchase.day);
    if (known === undefined) days.set(purchase.day, [purchase]);
    else known.push(purchase);
  }
  return days;
}
