/**
 * Collects what is to be written and writes it together, one write at a time: what comes while a write runs goes with the next one. So many
 * calls in flight cost a slow warehouse no more statements than one.
 */
export class GroupedWrites<Item> {
  readonly #write: (items: readonly Item[]) => Promise<void>;
  readonly #most: number;
  #waiting: Item[] = [];
  #unwritten = 0;
  #writing: Promise<void> = Promise.resolve();
  /** The write that has not begun. */
  #next: Promise<void> | null = null;

  /** `most` items are written at once. */
  constructor(most: number, write: (items: readonly Item[]) => Promise<void>) {
    this.#most = most;
    this.#write = write;
  }

  /** Items that no write has taken yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Items added, and not yet written. */
  get unwritten(): number {
    return this.#unwritten;
  }

  /** Keeps items for the next write, which somebody else may begin. */
  add(items: readonly Item[]): void {
    this.#waiting = this.#waiting.concat(items);
    this.#unwritten += items.length;
  }

  /** Resolves when every item added so far is written. After a failed write none begins, and whoever waits gets the same error. */
  flush(): Promise<void> {
    this.#next ??= this.#writing.then(() => {
      this.#next = null;
      return this.#writeWaiting();
    });
    this.#writing = this.#next;
    return this.#writing;
  }

  async #writeWaiting(): Promise<void> {
    const items = this.#waiting;
    this.#waiting = [];
    for (let start = 0; start < items.length; start += this.#most) {
      const part = items.slice(start, start + this.#most);
      await this.#write(part);
      this.#unwritten -= part.length;
    }
  }
}
