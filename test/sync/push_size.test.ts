import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Change } from "../../f/reverse_etl/sync/change.ts";
import { allWritten, type Received, refused } from "../hubspot/scripted_server.ts";
import { changes, type PushOptions, push } from "./push_fixture.ts";

const MIB = 1024 * 1024;

const bytesOf = ({ headers }: Received) => Number(headers["content-length"]);
const idsOf = ({ inputs }: Received) => inputs.map(({ id }) => id);

/** Rows whose text is made of `unit`, of these lengths. */
function rowsOf(lengths: readonly number[], unit = "x", over: (seq: number) => Partial<Change> = () => ({})) {
  return changes(lengths.length, (seq) => {
    const payload = { note: unit.repeat(lengths[seq - 1] ?? 0) };
    return { payload, desired: payload, ...over(seq) };
  });
}

async function sizesOf(rows: readonly Change[], options: PushOptions = {}) {
  const pushed = await push(rows, (request) => allWritten(request), options);
  expect(pushed.summary).toMatchObject({ acknowledged: rows.length });
  expect(pushed.received.every((request) => bytesOf(request) > 0)).toBe(true);
  return pushed.received.map(bytesOf);
}

describe("a call is bounded in bytes", () => {
  test("it never has more than 1 MiB, however long its values, and is nearly as full as that", async () => {
    const sizes = await sizesOf(rowsOf(Array.from({ length: 90 }, () => 65_536)));
    expect(sizes).toHaveLength(6);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MIB);
    expect(Math.min(...sizes)).toBeGreaterThan(MIB - 70_000);
  });

  test("what stands around the values counts", async () => {
    for (const around of [20, 90, 150]) {
      const sizes = await sizesOf(rowsOf(Array.from({ length: 20 }, () => MIB / 10 - around)));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(MIB);
    }
  });

  test.each([
    ["three bytes in UTF-8", "✓"],
    ["four bytes in UTF-8", "\u{1f600}"],
    ["two in JSON", '"'],
    ["six in JSON", "\u0001"],
    ["six in JSON, a half of a pair", "\ud800"],
  ])("a character that takes %s counts as that, in a row of any size", async (_name, unit) => {
    for (const length of [1_500, 9_000, 30_000]) {
      const sizes = await sizesOf(
        rowsOf(
          Array.from({ length: 100 }, () => length),
          unit,
        ),
      );
      expect(Math.max(...sizes)).toBeLessThanOrEqual(MIB);
    }
  });

  test("rows of a few kilobytes are still a hundred a call", async () => {
    expect(await sizesOf(rowsOf(Array.from({ length: 200 }, () => 8_000)))).toHaveLength(2);
  });

  test("ids count, too", async () => {
    const rows = rowsOf(
      Array.from({ length: 100 }, () => 1),
      "x",
      (seq) => ({ id: `${seq}`.padStart(60_000, "0") }),
    );
    for (const action of ["upsert", "create"] as const) {
      expect(Math.max(...(await sizesOf(rows, { sync: { action } })))).toBeLessThanOrEqual(MIB);
    }
  });

  test("a row that alone is larger goes alone, and the rows around it go together", async () => {
    const lengths = [10, 2 * MIB, 20, 2 * MIB, 30];
    const pushed = await push(rowsOf(lengths), (request) => allWritten(request));
    expect(pushed.summary).toMatchObject({ acknowledged: 5, calls: 3 });
    expect(pushed.received.map(idsOf).sort()).toEqual([["c1", "c3", "c5"], ["c2"], ["c4"]]);
  });

  test("a row that HubSpot finds too large by itself is rejected, and its neighbours are written", async () => {
    const pushed = await push(rowsOf([10, 2 * MIB, 20]), (request) =>
      bytesOf(request) > MIB ? refused(413, "PAYLOAD_TOO_LARGE", "too large") : allWritten(request),
    );
    expect(pushed.summary).toMatchObject({ acknowledged: 2, rejected: 1, calls: 2 });
    expect(pushed.outcomes.get(2)).toMatchObject({ kind: "rejected" });
  });

  test("it holds when rows are sent again whole, with what they left out at first", async () => {
    const large = { note: "x".repeat(60_000), city: "y".repeat(40_000) };
    const rows = changes(40, (seq) => ({
      known: true,
      payload: { tier: `t${seq}` },
      desired: { ...large, tier: `t${seq}` },
    }));
    const pushed = await push(rows, (request, number) =>
      number <= 2 ? refused(502, "ERROR", "broken") : allWritten(request),
    );
    expect(pushed.summary).toMatchObject({ acknowledged: 40 });
    const sizes = pushed.received.map(bytesOf);
    expect(Math.max(...sizes)).toBeGreaterThan(500_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MIB);
    const repeated = await push(rows, (request) => allWritten(request), { repeated: true });
    expect(Math.max(...repeated.received.map(bytesOf))).toBeLessThanOrEqual(MIB);
  });

  test("rows of any sizes are each sent once, in calls of at most as many rows and bytes as a call may have", async () => {
    const row = fc.record({
      unit: fc.constantFrom("x", "é", "✓", "\n", "\u{1f600}"),
      length: fc.oneof(
        { weight: 5, arbitrary: fc.nat(2_000) },
        { weight: 2, arbitrary: fc.nat(65_536) },
        { weight: 1, arbitrary: fc.integer({ min: MIB / 4 - 200, max: MIB + 100 }) },
      ),
      more: fc.nat(3_000),
      repeated: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 100 }),
        async (made, batchSize) => {
          const rows = changes(made.length, (seq) => {
            const { unit, length, more } = made[seq - 1] ?? { unit: "", length: 0, more: 0 };
            const payload = { note: unit.repeat(length) };
            return { payload, desired: { ...payload, more: unit.repeat(more) } };
          });
          const pushed = await push(rows, (request) => allWritten(request), {
            sync: { batchSize },
            repeated: made[0]?.repeated === true,
          });
          expect(pushed.summary).toMatchObject({ acknowledged: rows.length });
          expect(pushed.received.flatMap(idsOf).sort()).toEqual(rows.map(({ id }) => id).sort());
          for (const request of pushed.received) {
            expect(request.inputs.length).toBeLessThanOrEqual(batchSize);
            if (request.inputs.length > 1) expect(bytesOf(request)).toBeLessThanOrEqual(MIB);
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});
