import type { PushHalt } from "./push_halt.ts";

/**
 * Works on items, `atOnce` of them at the same time, reading no further ahead than that. The first failure, of the reading or of the work, is
 * kept by the halt and ends the reading; resolves once all that was begun has come to its end, and never rejects.
 */
export async function workThrough<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  atOnce: number,
  halt: PushHalt,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  try {
    for await (const item of items) {
      if (halt.failure !== null) break;
      const done = work(item).catch((error: unknown) => halt.fail(error));
      running.add(done);
      void done.then(() => running.delete(done));
      if (running.size >= atOnce) await Promise.race(running);
    }
  } catch (error) {
    halt.fail(error);
  }
  await Promise.all(running);
}
