const DAY_SECONDS = 86_400;

/** The calls of a portal until its next midnight, or for a set time from the first call. */
export class DailyQuota {
  #used = 0;
  #resetsAt: number | null = null;

  used(now: number): number {
    if (this.#resetsAt !== null && now >= this.#resetsAt) {
      this.#used = 0;
      this.#resetsAt = null;
    }
    return this.#used;
  }

  /** Milliseconds since 1970 at which the quota is whole again. */
  resetsAt(now: number, timeZone: string, resetMs: number | undefined): number {
    this.used(now);
    this.#resetsAt ??= resetMs === undefined ? nextMidnight(now, timeZone) : now + resetMs;
    return this.#resetsAt;
  }

  spend(now: number, timeZone: string, resetMs: number | undefined): void {
    this.resetsAt(now, timeZone, resetMs);
    this.#used += 1;
  }
}

/** The next midnight of a time zone, also on days of 23 or 25 hours. */
export function nextMidnight(now: number, timeZone: string): number {
  const guess = now - (now % 1000) + (DAY_SECONDS - secondOfDay(now, timeZone)) * 1000;
  const off = secondOfDay(guess, timeZone);
  return off > DAY_SECONDS / 2 ? guess + (DAY_SECONDS - off) * 1000 : guess - off * 1000;
}

function secondOfDay(moment: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, hourCycle: "h23", timeStyle: "medium" });
  const [hours = 0, minutes = 0, seconds = 0] = format.format(moment).split(":").map(Number);
  return hours * 3600 + minutes * 60 + seconds;
}
