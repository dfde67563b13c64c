const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATETIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;
const EPOCH = /^-?\d{1,15}$/;
const DAY_MS = 86_400_000;

/** Milliseconds since 1970 of `YYYY-MM-DD`, ISO 8601 with a zone, or a count of milliseconds; null for anything else. */
export function epochMilliseconds(text: string): number | null {
  if (EPOCH.test(text)) return inRange(Number(text));
  const date = DATE.exec(text) ?? (DATETIME.test(text) ? DATE.exec(text.slice(0, 10)) : null);
  if (date === null || !existsInCalendar(Number(date[1]), Number(date[2]), Number(date[3]))) return null;
  return inRange(Date.parse(text));
}

export function isMidnightUtc(milliseconds: number): boolean {
  return milliseconds % DAY_MS === 0;
}

/** `YYYY-MM-DD` of a moment, in UTC. */
export function dateText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

/** ISO 8601 in UTC with milliseconds. */
export function datetimeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

let lastMoment = 0;
let lastText = datetimeText(0);

/** The same for when a record was written: the rows of one call share that moment, so the last text is remembered. */
export function writtenAtText(milliseconds: number): string {
  if (milliseconds !== lastMoment) {
    lastText = datetimeText(milliseconds);
    lastMoment = milliseconds;
  }
  return lastText;
}

/** The time of day as HubSpot words it in INVALID_DATE: `4:0:0.0`. */
export function timeOfDayText(milliseconds: number): string {
  const moment = new Date(milliseconds);
  return `${moment.getUTCHours()}:${moment.getUTCMinutes()}:${moment.getUTCSeconds()}.${moment.getUTCMilliseconds()}`;
}

/** `Date.parse` rolls 30 February over into March. */
function existsInCalendar(year: number, month: number, day: number): boolean {
  const moment = new Date(Date.UTC(year, month - 1, day));
  return moment.getUTCMonth() === month - 1 && moment.getUTCDate() === day;
}

function inRange(milliseconds: number): number | null {
  return Number.isFinite(milliseconds) && Math.abs(milliseconds) <= 253_402_300_799_999 ? milliseconds : null;
}
