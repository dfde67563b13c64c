/** For how long at least one of several overlapping pieces of work was going on. */
export class BusyTime {
  #running = 0;
  #since = 0;
  #milliseconds = 0;

  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running === 0) this.#since = performance.now();
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#milliseconds += performance.now() - this.#since;
    }
  }

  get seconds(): number {
    return this.#milliseconds / 1000;
  }
}
