/**
 * Some of a batch's changes, by `seq`. A bit each, so that a batch of a million that is started again costs 125 kB and not the tens of
 * megabytes of a set of numbers.
 */
export class SeqSet {
  readonly #first: number;
  readonly #size: number;
  readonly #bits: Uint8Array;

  /** May hold `first` to `last`, both included. */
  constructor(first: number, last: number) {
    this.#first = first;
    this.#size = last - first + 1;
    this.#bits = new Uint8Array(Math.ceil(this.#size / 8));
  }

  /** A `seq` outside the batch is left out, as this batch does not ask for it. */
  add(seq: number): void {
    if (!this.#covers(seq)) return;
    const index = seq - this.#first;
    this.#bits[index >> 3] = (this.#bits[index >> 3] ?? 0) | (1 << (index & 7));
  }

  has(seq: number): boolean {
    if (!this.#covers(seq)) return false;
    const index = seq - this.#first;
    return ((this.#bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }

  #covers(seq: number): boolean {
    return Number.isInteger(seq) && seq >= this.#first && seq < this.#first + this.#size;
  }
}
