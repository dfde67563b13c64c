import { randomStream } from "../../local/hubspot_simulator/random.ts";
import type { Person } from "./people_sync.ts";

/** A value that HubSpot refuses: no option of `tier`. */
export const NO_TIER = "iron";

/** A source table that goes on changing, decided by a seed: rows come, change, are cleared, become invalid and change back. */
export function changingPeople(seed: number, size: number) {
  const random = randomStream(seed, "people");
  const pick = <T>(values: readonly T[]): T => values[random.integer(0, values.length - 1)] as T;
  let next = 0;
  let rows: Person[] = [];
  let before: readonly Person[] = [];
  const fresh = (): Person => ({ id: `p${next++}`, ...values() });
  const values = () => ({
    score: pick([null, 0, 1, 2, 3, 7_000_000]),
    tier: pick([null, "gold", "silver", "bronze", "gold", "silver", NO_TIER]),
    note: pick([null, "a", "ä", "a; b", '"quoted"', "two\nlines"]),
  });
  rows = Array.from({ length: size }, fresh);

  return {
    get rows(): readonly Person[] {
      return rows;
    },
    /** The next state of the table; a third of the changed rows go back to what they were. */
    step(): readonly Person[] {
      const former = new Map(before.map((row) => [row.id, row]));
      before = rows;
      rows = rows.map((row) => {
        const draw = random.next();
        if (draw < 0.2) return former.get(row.id) ?? row;
        if (draw < 0.4) return { ...row, ...values() };
        return draw < 0.6 ? { ...row, score: pick([null, 1, 2, 3]) } : row;
      });
      rows.push(fresh());
      return rows;
    },
  };
}
