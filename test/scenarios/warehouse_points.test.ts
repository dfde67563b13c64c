import { expect, it } from "vitest";
import { FailingWarehouse, type StatementFault } from "../support/failing_warehouse.ts";
import { flowWorld } from "../support/flow_world.ts";
import { breachesOf } from "../support/oracle.ts";
import { contacts, type Person, persons } from "../support/people_sync.ts";
import type { AtEnd } from "../support/temporary_folder.ts";

/** How many of a kind of failure run side by side; they mostly wait. */
const CHAINS = 4;
/** More statements than any run here has. */
const ENOUGH = 200;

const SYNC = contacts({
  batch_size: 2,
  timings: {
    lease_seconds: 0.6,
    lease_extend_seconds: 0.1,
    call_timeout_seconds: 0.3,
    hubspot_request_seconds: 0.02,
    clock_skew_seconds: 0.02,
    outage_seconds: 0,
  },
});

/** Three batches' worth of rows whose values differ in every round. */
const round = (number: number) => persons(6, (index) => ({ score: number * 10 + index, note: `n${number}` }));

/** Fails at the statements `first`, `first + CHAINS`, …, each time followed by a run that does not; gives every breach it finds. */
async function failingRuns(fault: StatementFault, first: number, atEnd: AtEnd) {
  const world = await flowWorld({ sync: SYNC }, atEnd);
  let before: readonly Person[] = round(0);
  await world.people(before);
  await world.run();
  const breaches: string[] = [];
  let points = 0;
  for (let at = first; at < ENOUGH; at += CHAINS) {
    const now = round(at);
    await world.people(now);
    const failing = new FailingWarehouse(world.warehousePath, fault, at);
    await world.runWhenFree({ warehouse: failing.resource });
    if (!failing.hasActed) break;
    points += 1;
    // Every other row goes back to what the state may still take for acknowledged.
    before = now.map((row, index) => (index % 2 === 0 ? (before[index] ?? row) : row));
    await world.people(before);
    await world.runWhenFree();
    const found = await breachesOf(world);
    breaches.push(...found.map((line) => `statement ${at}: ${line}`));
  }
  return { points, breaches };
}

/** Fails at every point; gives how many there were. */
async function requireNoBreach(fault: StatementFault, atEnd: AtEnd): Promise<number> {
  const chains = await Promise.all(
    Array.from({ length: CHAINS }, (_, index) => failingRuns(fault, index + 1, atEnd)),
  );
  expect(chains.flatMap(({ breaches }) => breaches)).toEqual([]);
  return chains.reduce((sum, { points }) => sum + points, 0);
}

it.concurrent.for([
  ["dies", 55],
  ["loses the answer", 15],
] as const)(
  "whichever statement of a run %s, the next run leaves no difference and no duplicate",
  {
    timeout: 300_000,
  },
  async ([fault, leastPoints], { onTestFinished }) => {
    expect(await requireNoBreach(fault, onTestFinished)).toBeGreaterThan(leastPoints);
  },
);

// By itself: the timings are too short for twelve histories at once.
it("whichever statement of a run the warehouse refuses, once, the next run leaves no difference and no duplicate", {
  timeout: 300_000,
}, async ({ onTestFinished }) => {
  expect(await requireNoBreach("refuses", onTestFinished)).toBeGreaterThan(15);
});
