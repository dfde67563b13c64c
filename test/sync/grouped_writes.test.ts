import { expect, test } from "vitest";
import { GroupedWrites } from "../../f/reverse_etl/sync/grouped_writes.ts";

/** Writes that end when the test says so. */
function slowWrites(most: number) {
  const writes: { readonly items: readonly number[]; end(error?: Error): void }[] = [];
  const grouped = new GroupedWrites<number>(
    most,
    (items) =>
      new Promise((resolve, reject) => {
        writes.push({ items, end: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
  );
  const written: number[] = [];
  const add = (...items: number[]) => {
    grouped.add(items);
    return grouped.flush().then(() => written.push(...items));
  };
  return { grouped, writes, written, add, settled: () => new Promise(setImmediate) };
}

test("what comes while a write runs goes with the next one, and each waits for its own", async () => {
  const { grouped, writes, written, add, settled } = slowWrites(100);
  void add(1);
  await settled();
  void add(2, 3);
  void add(4);
  await settled();
  expect(writes.map(({ items }) => items)).toEqual([[1]]);
  writes[0]?.end();
  await settled();
  expect([writes[1]?.items, written, grouped.unwritten]).toEqual([[2, 3, 4], [1], 3]);
  writes[1]?.end();
  await settled();
  expect([written, grouped.unwritten]).toEqual([[1, 2, 3, 4], 0]);
});

test("no write is of more items than it takes, and nobody is told before the last of his", async () => {
  const { writes, written, add, settled } = slowWrites(2);
  void add(1, 2, 3);
  await settled();
  writes[0]?.end();
  await settled();
  expect([writes.map(({ items }) => items), written]).toEqual([[[1, 2], [3]], []]);
  writes[1]?.end();
  await settled();
  expect(written).toEqual([1, 2, 3]);
});

test("after a write that failed none begins, and whoever waits gets its error", async () => {
  const { writes, add, settled } = slowWrites(100);
  const failure = new Error("the warehouse is gone");
  const first = expect(add(1)).rejects.toBe(failure);
  await settled();
  const second = expect(add(2)).rejects.toBe(failure);
  writes[0]?.end(failure);
  await Promise.all([first, second]);
  await expect(add(3)).rejects.toBe(failure);
  expect(writes).toHaveLength(1);
});
