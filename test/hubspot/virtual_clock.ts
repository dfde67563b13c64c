import type { Clock } from "../../f/reverse_etl/sync/clock.ts";

export interface VirtualClock extends Clock {
  /** Lets time pass, from one sleeper to the next, until `work` is done; returns what it gives. */
  run<T>(work: Promise<T>): Promise<T>;
}

/** A clock on which sleeping takes no real time. */
export function virtualClock(startedAt = 1_000_000): VirtualClock {
  let now = startedAt;
  let order = 0;
  const sleepers: { readonly at: number; readonly order: number; readonly wake: () => void }[] = [];
  return {
    now: () => now,
    sleep: (milliseconds) =>
      new Promise((wake) => {
        sleepers.push({ at: now + Math.max(0, milliseconds), order: order++, wake });
      }),
    async run(work) {
      let isDone = false;
      const finish = () => {
        isDone = true;
      };
      work.then(finish, finish);
      for (let idle = 0; !isDone; ) {
        await new Promise((resolve) => setImmediate(resolve));
        if (isDone) break;
        sleepers.sort((a, b) => a.at - b.at || a.order - b.order);
        const next = sleepers.shift();
        if (next === undefined) {
          idle += 1;
          if (idle > 100_000) throw new Error("nobody sleeps and the work does not end");
          continue;
        }
        idle = 0;
        now = Math.max(now, next.at);
        next.wake();
      }
      return work;
    },
  };
}

/** For pushes over real HTTP: a sleep ends at once and is remembered. */
export function jumpingClock(): Clock & { readonly slept: number[] } {
  let now = 1_000_000;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
      now += milliseconds;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
