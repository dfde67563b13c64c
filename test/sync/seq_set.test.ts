import { expect, test } from "vitest";
import { SeqSet } from "../../f/reverse_etl/sync/seq_set.ts";

test("a set of changes holds what was added, from the first to the last of its batch, and nothing else", () => {
  const set = new SeqSet(101, 125);
  const added = [101, 108, 109, 125];
  for (const seq of added) set.add(seq);
  const held = Array.from({ length: 200 }, (_, seq) => seq).filter((seq) => set.has(seq));
  expect(held).toEqual(added);
});

test("what is no change of the batch is left out", () => {
  const set = new SeqSet(101, 125);
  for (const seq of [0, 100, 126, -1, 101.5, Number.NaN]) set.add(seq);
  expect(Array.from({ length: 200 }, (_, seq) => seq).filter((seq) => set.has(seq))).toEqual([]);
});
