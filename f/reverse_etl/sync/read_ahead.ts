/**
 * Reads the next item while the one before it is worked on. What the reading throws comes when its item is due. Ending early waits for
 * the item that is under way, so that nothing is being read afterwards.
 */
export async function* readAhead<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  let next = begun(iterator);
  try {
    for (let item = await next; item.done !== true; item = await next) {
      next = begun(iterator);
      yield item.value;
    }
  } finally {
    await next.catch(() => undefined);
    await iterator.return?.();
  }
}

function begun<Item>(iterator: AsyncIterator<Item>): Promise<IteratorResult<Item>> {
  const next = iterator.next();
  // Its failure is nobody's before the item is asked for.
  next.catch(() => undefined);
  return next;
}
