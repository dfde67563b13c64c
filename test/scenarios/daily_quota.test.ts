import { expect, it } from "vitest";
import { settlementOf } from "../../f/reverse_etl/report/settlement_report.ts";
import { flowWorld } from "../support/flow_world.ts";
import { breachesOf } from "../support/oracle.ts";
import { contacts, type Person, persons } from "../support/people_sync.ts";

const DAY_MS = 86_400_000;
const ROWS = 20;
/** Calls that the portal permits a day, and those of them that are kept for others. */
const QUOTA = 10;
const RESERVE = 3;
/** The first call of a run lists the properties. */
const WRITES_A_DAY = QUOTA - RESERVE - 1;

it("with a daily quota smaller than the plan, every row is sent within plan ÷ quota days, the longest waiting first, and no day takes more than the quota less the reserve", async () => {
  let shift = 0;
  const clock = {
    now: () => Date.now() + shift,
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  const world = await flowWorld({
    sync: contacts({
      batch_size: 1,
      batch_sizing: { one_batch_up_to_calls: 1, calls_per_batch: 8, max_batches: 8, parallelism: 1 },
      rate: { calls_in_flight: 1, daily_reserve: RESERVE / QUOTA },
      guards: { max_changed_fraction: 1 },
    }),
    simulator: { clock },
  });
  // Everything is in HubSpot already, since the same run, so that only how long a row waits can tell the rows apart.
  const quiet: Person[] = ["a0", "a1", "a2", "a3"].map((id) => ({ id, score: 1 }));
  await world.people([...quiet, ...persons(ROWS)]);
  await world.run();
  await world.configure({ daily: { calls: QUOTA, resetMs: DAY_MS / 2 } });
  shift += DAY_MS;
  let rows: Person[] = [...quiet, ...persons(ROWS, (index) => ({ score: 100 + index }))];
  /** The day since which a row waits to be sent. */
  const since = new Map(rows.slice(quiet.length).map(({ id }) => [id, 1]));
  const sentOn = new Map<string | null, number>();
  let changes = ROWS;
  let { calls } = await world.inspect<{ calls: number }>("counters");
  let day = 0;
  while (since.size > 0) {
    day += 1;
    expect(day).toBeLessThanOrEqual(Math.ceil(changes / WRITES_A_DAY));
    await world.people(rows);
    const run = await world.run();
    expect(run.success).toBe(true);

    const counters = await world.inspect<{ calls: number; rateLimited: number }>("counters");
    expect(counters.calls - calls).toBeLessThanOrEqual(QUOTA - RESERVE);
    expect(counters.rateLimited).toBe(0);
    calls = counters.calls;

    const held = await world.held();
    const sent = rows.filter(({ id, score }) => since.has(id) && held[id ?? ""]?.score === `${score}`);
    expect(sent).toHaveLength(Math.min(since.size, WRITES_A_DAY));
    expect(settlementOf(run.result)).toMatchObject({
      outcomes: { acknowledged: sent.length, deferred: since.size - sent.length, unknown: 0, rejected: 0 },
    });
    const longest = Math.max(...sent.map(({ id }) => since.get(id) ?? 0));
    for (const { id } of sent) {
      since.delete(id);
      if (!sentOn.has(id)) sentOn.set(id, day);
    }
    // Whoever still waits has not waited longer than anyone who was sent.
    for (const waits of since.values()) expect(waits).toBeGreaterThanOrEqual(longest);

    // In the first days rows change whose ids come first: one that was sent, and two that had not changed so far.
    if (day <= 2) {
      const again = [
        [...sentOn.keys()].sort()[0] ?? null,
        ...quiet.slice(2 * day - 2, 2 * day).map(({ id }) => id),
      ];
      rows = rows.map((row) => (again.includes(row.id) ? { ...row, score: 1_000 * day } : row));
      for (const id of again) since.set(id, day + 1);
      changes += again.length;
    }
    shift += DAY_MS;
  }
  const planned = persons(ROWS).map(({ id }) => sentOn.get(id) ?? Number.POSITIVE_INFINITY);
  expect(Math.max(...planned)).toBeLessThanOrEqual(Math.ceil(ROWS / WRITES_A_DAY));
  expect(changes).toBeGreaterThan(ROWS);
  expect(await breachesOf(world)).toEqual([]);
});
