import type { Batch } from "./journal.ts";
import type { SyncConfig } from "./sync_config.ts";

/**
 * Divides a run's changes, `seq` 1 to `changes`, into contiguous batches of nearly equal size.
 *
 * calls = ceil(changes / batch_size), however long the rows are; up to `one_batch_up_to_calls` of them make one batch, otherwise
 * min(ceil(calls / calls_per_batch), max_batches) batches. The defaults (32, 15, 512) are the rule of the article that this
 * product comes from.
 */
export function sizeBatches(
  changes: number,
  config: Pick<SyncConfig, "batch_size" | "batch_sizing">,
): Batch[] {
  if (changes <= 0) return [];
  const { one_batch_up_to_calls, calls_per_batch, max_batches } = config.batch_sizing;
  const calls = Math.ceil(changes / config.batch_size);
  const wanted =
    calls <= one_batch_up_to_calls ? 1 : Math.min(Math.ceil(calls / calls_per_batch), max_batches);
  // Whole calls are divided, so that every batch but the last ends with a full call.
  const batches: Batch[] = [];
  for (let number = 1; number <= wanted; number++) {
    const first = Math.floor(((number - 1) * calls) / wanted) * config.batch_size + 1;
    const last = Math.min(Math.floor((number * calls) / wanted) * config.batch_size, changes);
    if (first <= last) batches.push({ number: batches.length + 1, first_seq: first, last_seq: last });
  }
  return batches;
}
