import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hubspotFromResource } from "../../f/reverse_etl/hubspot/resource.ts";
import { RETRY } from "../../f/reverse_etl/sync/call_retry.ts";
import type { HubSpot, WriteCall, WriteInput } from "../../f/reverse_etl/sync/hubspot_port.ts";
import { randomStream } from "../../local/hubspot_simulator/random.ts";
import { refused } from "../hubspot/scripted_server.ts";
import { changes, type Pushed, pushTo } from "./push_fixture.ts";

const GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2;

/**
 * The most calls that k poison rows of a call of n cost: k·(log_φ(n/k) + 3.65) − 1, and never more than the 2n − 1 parts that a call has.
 *
 * A part with poison costs one call more when the smaller piece, φ⁻² of it, is healthy, and two when it is not, so that one row costs
 * log_φ n. A part with poison in both its pieces costs two and leaves them k₁ and k₂; that sum is greatest when both have their share.
 * Pieces are whole rows, which makes the constant 3.65 instead of 2: it is the smallest that holds for every k and n up to 100.
 */
function mostCalls(poison: number, rows: number): number {
  const digits = Math.log(rows / poison) / Math.log(GOLDEN_RATIO);
  return Math.floor(Math.min(2 * rows - 1, poison * (digits + 3.65) - 1));
}

const idOf = ({ id, properties }: WriteInput) => id ?? properties.customer_id ?? "";

const ANSWERS = {
  400: refused(400, "VALIDATION_ERROR", "Invalid input JSON on line 3, column 9"),
  409: refused(409, "CONFLICT", "Contact already exists"),
  500: refused(500, "ERROR", "internal error"),
};
type Status = keyof typeof ANSWERS;

/** HubSpot without the wire: judges as it does, takes healthy calls and gives any other this answer. */
class PoisonedHubSpot {
  calls = 0;
  readonly port: HubSpot;

  constructor(status: Status, isPoison: (id: string) => boolean) {
    const real = hubspotFromResource({ token: "pat-test-token", base_url: "http://127.0.0.1:9" }, 1_000);
    const write = async (call: WriteCall) => {
      this.calls += 1;
      const isBad = call.inputs.some((input) => isPoison(idOf(input)));
      const body = isBad ? ANSWERS[status].body : { status: "COMPLETE", results: call.inputs.map(resultOf) };
      const told = { status: isBad ? status : 200, headers: {}, latencyMs: 1 };
      return { kind: "answered", ...told, body: JSON.stringify(body) } as const;
    };
    this.port = Object.assign(Object.create(real) as HubSpot, { write });
  }
}

const resultOf = (input: WriteInput) => ({
  id: `9${idOf(input)}`,
  properties: input.properties,
  objectWriteTraceId: input.traceId,
});

interface Isolated extends Omit<Pushed, "received"> {
  /** Requests from the first one on that has the rows. */
  readonly cost: number;
}

/**
 * Pushes a call of healthy rows, so that HubSpot is known to take some, and then one of as many rows of which those at the given places
 * (from 1) are poison.
 */
async function isolate(
  status: Status,
  rows: number,
  poison: readonly number[],
  options: { readonly random?: () => number; readonly decided?: ReadonlySet<number> } = {},
): Promise<Isolated> {
  const ids = new Set(poison.map((place) => `c${rows + place}`));
  const hubspot = new PoisonedHubSpot(status, (id) => ids.has(id));
  const action = status === 409 ? "create" : "upsert";
  const all = changes(2 * rows, () => ({ operation: "create" }));
  const pushed = await pushTo("http://127.0.0.1:9", "pat-test-token", all, {
    sync: { batchSize: rows, callsInFlight: 1, action },
    ports: { hubspot: hubspot.port },
    ...options,
  });
  return { ...pushed, cost: hubspot.calls - 1 };
}

/** The places of the rows with this outcome. */
const placesOf = ({ outcomes }: Isolated, rows: number, kind: string) =>
  [...outcomes].flatMap(([seq, outcome]) => (seq > rows && outcome.kind === kind ? [seq - rows] : []));

const ascending = (places: readonly number[]) => [...places].sort((a, b) => a - b);

/** Every healthy row acknowledged, every poison row rejected, and no call more than that costs at most. */
function requireIsolated(pushed: Isolated, rows: number, poison: readonly number[], most: number): void {
  expect(ascending(placesOf(pushed, rows, "rejected"))).toEqual(ascending(poison));
  expect(pushed.summary).toMatchObject({
    acknowledged: 2 * rows - poison.length,
    rejected: poison.length,
    unknown: 0,
    deferred: 0,
  });
  expect(pushed.cost).toBeLessThanOrEqual(most);
}

const placesUpTo = (rows: number) => Array.from({ length: rows }, (_, index) => index + 1);

/** Every set of places of a call of `rows` but the empty one. */
const everySubset = (rows: number) =>
  Array.from({ length: 2 ** rows - 1 }, (_, bits) =>
    placesUpTo(rows).filter((place) => ((bits + 1) >> (place - 1)) % 2 === 1),
  );

const subset = fc
  .integer({ min: 1, max: 100 })
  .chain((rows) =>
    fc
      .integer({ min: 1, max: rows })
      .chain((count) =>
        fc
          .subarray(placesUpTo(rows), { minLength: count, maxLength: count })
          .map((poison) => ({ rows, poison })),
      ),
  );
const OF_100 = [1, 2, 3, 5, 10, 20, 50, 100];
const someOf100 = (count: number) => fc.subarray(placesUpTo(100), { minLength: count, maxLength: count });

describe.each([400, 409] as const)("k poison rows of a call that HubSpot refuses with %i", (status) => {
  test("one of 100, wherever it stands, costs at most 12 calls", async () => {
    expect(mostCalls(1, 100)).toBe(12);
    for (const place of placesUpTo(100)) {
      requireIsolated(await isolate(status, 100, [place]), 100, [place], 12);
    }
  });

  test("of a call of up to 8 rows, every set of them is found within the bound", async () => {
    for (const rows of placesUpTo(8)) {
      for (const poison of everySubset(rows)) {
        const pushed = await isolate(status, rows, poison);
        requireIsolated(pushed, rows, poison, mostCalls(poison.length, rows));
      }
    }
  });

  test("of a call of up to 100 rows, any set of them is found within the bound", async () => {
    await fc.assert(
      fc.asyncProperty(subset, async ({ rows, poison }) => {
        requireIsolated(await isolate(status, rows, poison), rows, poison, mostCalls(poison.length, rows));
      }),
      { seed: 1, numRuns: 40 },
    );
  });

  test.each(OF_100)("%i of 100 are found within the bound", async (count) => {
    await fc.assert(
      fc.asyncProperty(someOf100(count), async (poison) => {
        requireIsolated(await isolate(status, 100, poison), 100, poison, mostCalls(count, 100));
      }),
      { seed: 2, numRuns: count === 100 ? 1 : 8 },
    );
  });
});

describe("k poison rows of a call that HubSpot answers with 500", () => {
  const ROWS = 100;
  const decidedBy = ({ outcomes }: Isolated) =>
    [...outcomes].flatMap(([seq, { kind }]) => (kind === "acknowledged" || kind === "rejected" ? [seq] : []));

  /** Four tries a call that fails; those that a healthy row sent ahead of its call costs are saved by the calls that do not fail. */
  const mostRequests = (poison: number, rows: number) => RETRY.tries * mostCalls(poison, rows);

  /** Found within the bound, or HubSpot taken for unreachable; a healthy row is never rejected, and what is not decided is kept. */
  function requireTold(pushed: Isolated, rows: number, poison: readonly number[]): void {
    const { summary } = pushed;
    const most = mostRequests(poison.length, rows);
    if (summary?.stopped === null) {
      requireIsolated(pushed, rows, poison, most);
      return;
    }
    expect(summary?.stopped.code).toBe("RETL_HUBSPOT_UNREACHABLE");
    expect(poison).toEqual(expect.arrayContaining(placesOf(pushed, rows, "rejected")));
    expect(placesOf(pushed, rows, "acknowledged").filter((place) => poison.includes(place))).toEqual([]);
    const { acknowledged, rejected, unknown, deferred } = summary ?? {};
    expect([acknowledged, rejected, unknown, deferred].reduce((sum = 0, part = 0) => sum + part, 0)).toBe(
      2 * rows,
    );
    expect(pushed.cost).toBeLessThanOrEqual(most);
  }

  test("one of 100, wherever it stands, costs at most 36 requests and never looks like a HubSpot that is down", async () => {
    for (const place of placesUpTo(ROWS)) {
      requireIsolated(await isolate(500, ROWS, [place]), ROWS, [place], 3 * mostCalls(1, ROWS));
    }
  });

  test("of a call of up to 8 rows, every set of them is found within the bound, or HubSpot is taken for unreachable", async () => {
    for (const rows of placesUpTo(8)) {
      for (const poison of everySubset(rows)) requireTold(await isolate(500, rows, poison), rows, poison);
    }
  });

  test("of a call of up to 100 rows, any set of them is found within the bound, or HubSpot is taken for unreachable", async () => {
    const drawn = fc.tuple(subset, fc.double({ min: 0, max: 0.999, noNaN: true }));
    await fc.assert(
      fc.asyncProperty(drawn, async ([{ rows, poison }, ahead]) => {
        requireTold(await isolate(500, rows, poison, { random: () => ahead }), rows, poison);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test.each([2, 3, 5])(
    "%i of 100 are told from a HubSpot that is down, at the latest by the next push",
    async (count) => {
      const random = randomStream(4, "ahead");
      await fc.assert(
        fc.asyncProperty(someOf100(count), async (poison) => {
          const first = await isolate(500, ROWS, poison, { random: () => random.next() });
          requireTold(first, ROWS, poison);
          if (first.summary?.stopped === null) return;
          const decided = new Set(decidedBy(first));
          const second = await isolate(500, ROWS, poison, { random: () => random.next(), decided });
          expect(second.summary).toMatchObject({ stopped: null, unknown: 0, deferred: 0 });
          expect(
            ascending([...placesOf(first, ROWS, "rejected"), ...placesOf(second, ROWS, "rejected")]),
          ).toEqual(ascending(poison));
        }),
        { seed: 3, numRuns: 60 },
      );
    },
  );
});
