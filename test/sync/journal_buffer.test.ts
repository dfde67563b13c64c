import { expect, test } from "vitest";
import { JournalBuffer } from "../../f/reverse_etl/sync/journal_buffer.ts";
import type { AttemptJournal, CallRecord } from "../../f/reverse_etl/sync/push_ports.ts";

const record = (callNumber: number): CallRecord => ({
  ...{ callNumber, firstSeq: 1, lastSeq: 1, httpStatus: 200, sentAt: 0, latencyMs: 1 },
  results: [],
});

/** A journal whose writes end when the test says so. */
function slowJournal() {
  const writes: { readonly calls: readonly number[]; end(error?: Error): void }[] = [];
  const journal: AttemptJournal = {
    decided: new Set(),
    append: (records) =>
      new Promise((resolve, reject) => {
        const calls = records.map(({ callNumber }) => callNumber);
        writes.push({ calls, end: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
    end: () => Promise.resolve(),
  };
  const failures: unknown[] = [];
  const clock = { now: () => 0, sleep: () => Promise.resolve() };
  return { writes, failures, buffer: new JournalBuffer(journal, clock, (error) => failures.push(error)) };
}

/** Adds calls one after another, each when the one before it may go on; resolves once nothing moves any more. */
function adding(buffer: JournalBuffer, first: number, last: number) {
  const told = { added: first - 1, error: null as unknown };
  const work = async () => {
    for (let call = first; call <= last; call++) {
      await buffer.add(record(call));
      told.added = call;
    }
  };
  work().catch((error: unknown) => {
    told.error = error;
  });
  return new Promise<typeof told>((resolve) => setImmediate(() => resolve(told)));
}

test("calls go on while their records are written, and what comes meanwhile is written at once", async () => {
  const { writes, buffer } = slowJournal();
  expect(await adding(buffer, 1, 20)).toMatchObject({ added: 20 });
  expect(writes.map(({ calls }) => calls)).toEqual([[1, 2, 3, 4, 5, 6, 7, 8]]);
  writes[0]?.end();
  await new Promise(setImmediate);
  expect(writes[1]?.calls).toEqual(Array.from({ length: 12 }, (_, index) => index + 9));
});

test("no more than 48 calls are ahead of what is durable", async () => {
  const { writes, buffer } = slowJournal();
  const told = await adding(buffer, 1, 100);
  expect(told.added).toBe(47);
  writes[0]?.end();
  await new Promise(setImmediate);
  expect(told.added).toBe(47);
  writes[1]?.end();
  await new Promise(setImmediate);
  expect(told.added).toBeGreaterThan(47);
});

test("of calls in flight each has at most one more record", async () => {
  const { writes, buffer } = slowJournal();
  const told = await Promise.all(
    Array.from({ length: 16 }, (_, index) => adding(buffer, index * 100 + 1, index * 100 + 100)),
  );
  const added = told.map((each, index) => each.added - index * 100);
  expect(added.reduce((sum, each) => sum + each)).toBe(47);
  writes[0]?.end();
  await new Promise(setImmediate);
  expect(writes.flatMap(({ calls }) => calls)).toHaveLength(47 + 16);
});

test("after a write that failed every call and the end fail with its error, which is told at once, and nothing more is written", async () => {
  const { writes, failures, buffer } = slowJournal();
  await adding(buffer, 1, 10);
  const failure = new Error("the warehouse is gone");
  writes[0]?.end(failure);
  await new Promise(setImmediate);
  expect(failures).toEqual([failure]);
  expect(await adding(buffer, 11, 11)).toMatchObject({ added: 10, error: failure });
  await expect(buffer.flush()).rejects.toBe(failure);
  await expect(buffer.end(null)).rejects.toBe(failure);
  expect(writes).toHaveLength(1);
});

test("a flush ends when everything added before it is durable", async () => {
  const { writes, buffer } = slowJournal();
  await adding(buffer, 1, 10);
  let flushed = false;
  void buffer.flush().then(() => {
    flushed = true;
  });
  writes[0]?.end();
  await new Promise(setImmediate);
  expect(writes[1]?.calls).toEqual([9, 10]);
  expect(flushed).toBe(false);
  writes[1]?.end();
  await new Promise(setImmediate);
  expect(flushed).toBe(true);
});
