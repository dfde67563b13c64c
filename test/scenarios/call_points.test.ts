import { expect, it } from "vitest";
import { flowWorld } from "../support/flow_world.ts";
import { LOST_ANSWERS } from "../support/lost_answers.ts";
import { breachesOf } from "../support/oracle.ts";
import { contacts, FAULT_TIMINGS, type Person, persons } from "../support/people_sync.ts";

/** One call that lists the properties, then three batches of two calls. */
const CALLS = 7;

const SYNC = contacts({
  batch_size: 2,
  batch_sizing: { one_batch_up_to_calls: 1, calls_per_batch: 2, max_batches: 8, parallelism: 4 },
  timings: FAULT_TIMINGS,
});

const FAULTS = [
  ["is dropped before it was applied", 1],
  ["is applied, and the connection reset", 1],
  ["is applied, and answered 500", 1],
  ["is applied, and answered with an empty 200", 1],
  ["is applied, and never answered", 1],
  // From that call on HubSpot does not answer any more in this run.
  ["is applied, and the connection reset", "always"],
] as const;

const round = (number: number) => persons(12, (index) => ({ score: number * 100 + index }));

it.concurrent.for(FAULTS)(
  "whichever call of a run %s (times: %s), the next run leaves no difference and no duplicate",
  {
    timeout: 300_000,
  },
  async ([name, times], { onTestFinished }) => {
    const action = LOST_ANSWERS[name.replace("is ", "") as keyof typeof LOST_ANSWERS];
    const world = await flowWorld({ sync: SYNC }, onTestFinished);
    let before: readonly Person[] = round(0);
    await world.people(before);
    await world.run();
    const breaches: string[] = [];
    for (let nth = 1; nth <= CALLS; nth++) {
      const now = round(nth);
      await world.people(now);
      await world.fault({ nth, times, action });
      await world.runWhenFree();
      await world.clearFaults();
      // Every other row goes back to what the state may still take for acknowledged.
      before = now.map((row, index) => (index % 2 === 0 ? (before[index] ?? row) : row));
      await world.people(before);
      await world.runWhenFree();
      const found = await breachesOf(world);
      breaches.push(...found.map((line) => `call ${nth}: ${line}`));
    }
    expect(breaches).toEqual([]);
  },
);
