import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sizeBatches } from "../../f/reverse_etl/sync/batches.ts";

const rule = {
  batch_size: 100,
  batch_sizing: { one_batch_up_to_calls: 32, calls_per_batch: 15, max_batches: 512, parallelism: 4 },
};

describe("batch sizing", () => {
  it.each([
    [0, 0],
    [1, 1],
    [3_200, 1],
    [3_201, 3],
    [15_000, 10],
    [1_000_000, 512],
  ])("the default rule makes of %i changes %i batches", (changes, batches) => {
    expect(sizeBatches(changes, rule)).toHaveLength(batches);
  });

  it("batches cover every change exactly once, in order, and differ by at most one call", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200_000 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 600 }),
        (changes, batch_size, one_batch_up_to_calls, calls_per_batch, max_batches) => {
          const sizing = { one_batch_up_to_calls, calls_per_batch, max_batches, parallelism: 4 };
          const batches = sizeBatches(changes, { batch_size, batch_sizing: sizing });
          let next = 1;
          for (const [index, batch] of batches.entries()) {
            expect(batch).toMatchObject({ number: index + 1, first_seq: next });
            expect(batch.last_seq).toBeGreaterThanOrEqual(batch.first_seq);
            next = batch.last_seq + 1;
          }
          expect(next).toBe(changes + 1);
          expect(batches.length).toBeLessThanOrEqual(max_batches);
          const calls = batches.map(({ first_seq, last_seq }) =>
            Math.ceil((last_seq - first_seq + 1) / batch_size),
          );
          expect(Math.max(...calls) - Math.min(...calls)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
