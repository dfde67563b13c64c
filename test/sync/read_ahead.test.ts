import { expect, test } from "vitest";
import { readAhead } from "../../f/reverse_etl/sync/read_ahead.ts";

/** Numbers from 1, and what was begun and ended. */
function counted(upTo: number, failAt = Number.POSITIVE_INFINITY) {
  const told = { begun: 0, closed: false };
  async function* numbers() {
    try {
      while (told.begun < upTo) {
        told.begun += 1;
        await Promise.resolve();
        if (told.begun >= failAt) throw new Error("the reading failed");
        yield told.begun;
      }
    } finally {
      told.closed = true;
    }
  }
  return { told, numbers: numbers() };
}

test("the next item is being read while one is worked on, and no further one", async () => {
  const { told, numbers } = counted(4);
  const seen: number[] = [];
  for await (const item of readAhead(numbers)) {
    seen.push(item);
    await new Promise(setImmediate);
    expect(told.begun).toBe(Math.min(item + 1, 4));
  }
  expect(seen).toEqual([1, 2, 3, 4]);
  expect(told.closed).toBe(true);
});

test("what the reading throws comes after the items before it", async () => {
  const { numbers } = counted(4, 3);
  const seen: number[] = [];
  const reading = async () => {
    for await (const item of readAhead(numbers)) {
      seen.push(item);
      await new Promise(setImmediate);
    }
  };
  await expect(reading()).rejects.toThrow("the reading failed");
  expect(seen).toEqual([1, 2]);
});

test("whoever ends early waits for the item under way, and its failure is nobody's", async () => {
  let fail: (error: Error) => void = () => {};
  let given = 0;
  const iterator: AsyncIterator<number, void> = {
    next: () => {
      given += 1;
      if (given === 1) return Promise.resolve({ done: false, value: 1 });
      return new Promise((_, reject) => {
        fail = reject;
      });
    },
  };
  let ended = false;
  const reading = async () => {
    for await (const _ of readAhead({ [Symbol.asyncIterator]: () => iterator })) break;
    ended = true;
  };
  const read = reading();
  await new Promise(setImmediate);
  expect({ given, ended }).toEqual({ given: 2, ended: false });
  fail(new Error("the reading failed"));
  await expect(read).resolves.toBeUndefined();
});

test("whoever ends early finds nothing being read", async () => {
  const { told, numbers } = counted(4);
  for await (const _ of readAhead(numbers)) break;
  expect(told).toEqual({ begun: 2, closed: true });
});
