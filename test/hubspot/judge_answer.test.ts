import fc from "fast-check";
import { expect, test } from "vitest";
import { judge } from "../../f/reverse_etl/hubspot/judge_answer.ts";
import type { WriteCall } from "../../f/reverse_etl/sync/hubspot_port.ts";

/**
 * What an answer says of one input, in any number of entries.
 *
 * `other`: a result with another value than the one sent. `bare`: a result that is known by its key only, without a trace id.
 */
const SAYINGS = ["result", "bare", "other", "error"] as const;
type Saying = (typeof SAYINGS)[number];

interface Told {
  readonly rows: readonly (readonly Saying[])[];
  readonly isComplete: boolean;
  readonly status: number;
  readonly numErrors: number;
  /** Entries about rows of nobody. */
  readonly foreign: number;
  readonly order: readonly number[];
}

const told: fc.Arbitrary<Told> = fc.record({
  rows: fc.array(fc.array(fc.constantFrom(...SAYINGS), { maxLength: 3 }), { minLength: 1, maxLength: 8 }),
  isComplete: fc.boolean(),
  status: fc.constantFrom(200, 201, 207),
  numErrors: fc.integer({ min: 0, max: 9 }),
  foreign: fc.integer({ min: 0, max: 3 }),
  order: fc.array(fc.integer(), { minLength: 40, maxLength: 40 }),
});

const callOf = (rows: number): WriteCall => ({
  objectType: "contacts",
  action: "upsert",
  inputs: Array.from({ length: rows }, (_, at) => ({
    traceId: `t${at}`,
    id: `k${at}`,
    idProperty: "ext_id",
    properties: { city: `city ${at}` },
  })),
});

function resultOf(saying: Exclude<Saying, "error">, name: string | number) {
  const city = saying === "other" ? "elsewhere" : `city ${name}`;
  const result = { id: `9${name}`, properties: { ext_id: `k${name}`, city } };
  return saying === "bare" ? result : { ...result, objectWriteTraceId: `t${name}` };
}

const errorOf = (name: string | number) => ({
  category: "VALIDATION_ERROR",
  message: "no",
  context: { objectWriteTraceId: [`t${name}`] },
});

/** The same entries in an order of their own. */
function shuffled<T>(items: readonly T[], order: readonly number[]): readonly T[] {
  return items
    .map((item, index) => ({ item, place: order[index % order.length] ?? 0 }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

function bodyOf({ rows, isComplete, numErrors, foreign, order }: Told): string {
  const results = rows.flatMap((sayings, at) =>
    sayings.flatMap((saying) => (saying === "error" ? [] : [resultOf(saying, at)])),
  );
  const errors = rows.flatMap((sayings, at) =>
    sayings.flatMap((saying) => (saying === "error" ? [errorOf(at)] : [])),
  );
  const others = Array.from({ length: foreign }, (_, index) => `foreign${index}`);
  return JSON.stringify({
    status: isComplete ? "COMPLETE" : "PENDING",
    results: shuffled([...results, ...others.map((name) => resultOf("result", name))], order),
    errors: shuffled([...errors, ...others.map(errorOf)], order),
    numErrors,
  });
}

/**
 * What may be made of an input: acknowledged only by results that all confirm it, rejected only when nothing confirms it. A refusal in the
 * answer to a single row is that row's, whatever it names.
 */
function expected(sayings: readonly Saying[], { rows, foreign, isComplete }: Told): string {
  const isOnly = rows.length === 1;
  const refused = sayings.includes("error") || (isOnly && foreign > 0 && sayings.length === 0);
  const results = sayings.filter((saying) => saying !== "error");
  if (results.length === 0) return refused ? "rejected" : "unknown";
  if (refused || !isComplete) return "unknown";
  const isOther = results.map((saying) => saying === "other");
  if (isOther.every((other) => !other)) return "acknowledged";
  return isOther.every((other) => other) ? "rejected" : "unknown";
}

test("whatever an answer leaves out, repeats, reorders or adds, each row is judged by what it says of that row alone", () => {
  fc.assert(
    fc.property(told, (answer) => {
      const call = callOf(answer.rows.length);
      const verdict = judge(call, {
        kind: "answered",
        status: answer.status,
        headers: {},
        body: bodyOf(answer),
        latencyMs: 1,
      });
      const outcomes = verdict.kind === "settle" ? verdict.outcomes.map(({ kind }) => kind) : [verdict.kind];
      expect(outcomes).toEqual(answer.rows.map((sayings) => expected(sayings, answer)));
    }),
    { seed: 1, numRuns: 1_000 },
  );
});
