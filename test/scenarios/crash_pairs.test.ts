import { describe, expect, it } from "vitest";
import { type CrashingRuns, crashingRuns } from "../support/crashing_run.ts";
import { type FlowWorld, flowWorld } from "../support/flow_world.ts";
import { breachesOf } from "../support/oracle.ts";
import { contacts, type Person, persons } from "../support/people_sync.ts";

/** How many histories run side by side. */
const CHAINS = 2;
/** A death before a run's first effect is no run at all. */
const FIRST = 2;
/** More effects than any run here has. */
const ENOUGH = 20;

/** Two rows whose values change and a new one: one batch, of one call for an upsert and of two for a create. */
const sync = (operation_mode: "upsert" | "create") =>
  contacts({
    operation_mode,
    rate: { calls_in_flight: 1 },
    guards: { max_changed_fraction: 1 },
    // Of production: only what the test kills dies.
    timings: {},
  });

class History {
  readonly #world: FlowWorld;
  readonly #runs: CrashingRuns;
  readonly breaches: string[] = [];
  pairs = 0;
  #rows: Person[] = [];
  #made = 0;

  constructor(world: FlowWorld, runs: CrashingRuns) {
    this.#world = world;
    this.#runs = runs;
  }

  /** Changes the old rows; the first goes back to what the state may still take for acknowledged when `back` says so. */
  async #source(back: number | null): Promise<void> {
    this.#made += 1;
    const [first, second, ...others] = this.#rows;
    this.#rows = [
      { ...first, id: "old1", score: back ?? this.#made },
      { ...second, id: "old2", score: this.#made, note: `n${this.#made}` },
      ...others,
    ];
    await this.#world.people(this.#rows);
  }

  /** Dies before effect `first`, again before effect `second`, then runs to its end. False when a run ended before it could die. */
  async pair(first: number, second: number): Promise<"first" | "second" | "both"> {
    const before = this.#rows[0]?.score ?? 0;
    this.#rows.push({ id: `new${first}_${second}`, score: 1, tier: "gold" });
    await this.#source(null);
    const changed = this.#made;
    const firstDied = await this.#runs.diesBefore(first);
    await this.#source(before);
    const secondDied = firstDied && (await this.#runs.diesBefore(second));
    await this.#source(secondDied ? changed : null);
    await this.#runs.runs();
    this.pairs += 1;
    const found = [...(await breachesOf(this.#world)), ...(await this.#unrecorded())];
    this.breaches.push(...found.map((line) => `effects ${first} and ${second}: ${line}`));
    if (!firstDied) return "first";
    return secondDied ? "both" : "second";
  }

  /** Rows that the last run left in doubt, refused or unacknowledged, although HubSpot took everything. */
  async #unrecorded(): Promise<readonly string[]> {
    const open = await this.#world.sql(`
      select p.person_id from retl.people p left join retl.people_sync_state s using (person_id)
      where s.row_hash is null or s.in_doubt
      union all select person_id || ' ' || code from retl.people_sync_rejections`);
    return open.map(({ person_id }) => `${person_id}: is not acknowledged`);
  }
}

it.concurrent.for(["upsert", "create"] as const)(
  "%s: killed before any two effects, one after the other, nothing is lost, nothing doubled, and the state tells the truth",
  { timeout: 600_000 },
  async (mode, { onTestFinished }) => {
    const chains = await Promise.all(
      Array.from({ length: CHAINS }, async (_, index) => {
        const world = await flowWorld({ sync: sync(mode) }, onTestFinished);
        const history = new History(world, await crashingRuns(world, onTestFinished));
        for (let first = FIRST + index; first < ENOUGH; first += CHAINS) {
          for (let second = FIRST; second < ENOUGH; second++) {
            const ended = await history.pair(first, second);
            if (ended === "first") return history;
            if (ended === "second") break;
          }
        }
        return history;
      }),
    );
    expect(chains.flatMap(({ breaches }) => breaches)).toEqual([]);
    const pairs = chains.reduce((sum, chain) => sum + chain.pairs, 0);
    expect(pairs).toBeGreaterThan(30);
  },
);

describe.concurrent("a HubSpot that puts off the question for its properties for an hour, and a run that dies", () => {
  // The plan comes first, then the deferral, then the settlement.
  it.for([
    [2, "before the deferral is journalled"],
    [3, "between the deferral and its settlement"],
  ] as const)(
    "%i: %s: the next run sends everything, and the counts add up",
    async ([at], { onTestFinished }) => {
      const world = await flowWorld({ sync: sync("upsert") }, onTestFinished);
      const runs = await crashingRuns(world, onTestFinished);
      await world.people(persons(3));
      const reply = { status: 477, headers: { "retry-after": "3600" } };
      const match = { path: "/crm/v3/properties/contacts", method: "GET" };
      await world.fault({ match, times: "always", action: { reply } });
      expect(await runs.diesBefore(at)).toBe(true);
      const journalled = await world.sql("select kind, batch_number from retl.people_sync_journal");
      expect(journalled).toEqual(at === 2 ? [] : [{ kind: "end", batch_number: "0" }]);
      expect(await world.writeCalls()).toBe(0);
      await world.clearFaults();
      await runs.runs();
      expect(await breachesOf(world)).toEqual([]);
      expect(
        await world.sql(
          "select status, acknowledged, deferred, unknown from retl.retl_runs order by started_at",
        ),
      ).toEqual([
        { status: "failed", acknowledged: "0", deferred: "3", unknown: "0" },
        { status: "succeeded", acknowledged: "3", deferred: "0", unknown: "0" },
      ]);
    },
  );
});
