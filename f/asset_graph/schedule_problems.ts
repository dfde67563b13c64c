import { Cron } from "croner";
import type { CronSchedule } from "./job.ts";

/** A fixed instant to look forward from, so that the same schedule is always judged the same. */
const REFERENCE = new Date("2024-01-01T00:00:00Z");

/** What is wrong with a schedule: an unknown time zone, other than six fields, or a pattern that no date ever matches. */
export function scheduleProblems({ expression, timeZone }: CronSchedule): readonly string[] {
  if (!isTimeZone(timeZone)) {
    return [
      `the time zone "${timeZone}" does not exist. Use a name of the IANA database, such as "UTC" or "Europe/Amsterdam".`,
    ];
  }
  const flaw = flawOf(expression, timeZone);
  if (flaw === null) return [];
  return [
    `the schedule "${expression}" ${flaw}. Write second, minute, hour, day, month and weekday; every midnight is "0 0 0 * * *".`,
  ];
}

function flawOf(expression: string, timezone: string): string | null {
  const fields = String(expression).trim().split(/\s+/).length;
  if (fields !== 6) return `has ${fields === 1 ? "1 field" : `${fields} fields`} instead of Windmill's six`;
  try {
    const next = new Cron(expression, { timezone, paused: true }).nextRun(REFERENCE);
    return next === null ? "never comes due" : null;
  } catch (error) {
    return `is not a cron expression (${error instanceof Error ? error.message : String(error)})`;
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return typeof name === "string" && !/^[+-]/.test(name);
  } catch {
    return false;
  }
}
