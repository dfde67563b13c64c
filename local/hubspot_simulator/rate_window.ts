/** The moments of recent calls: how many fall into the `windowMs` that end now. */
export class RateWindow {
  readonly #moments: number[] = [];
  #first = 0;

  add(now: number): void {
    this.#moments.push(now);
  }

  count(now: number, windowMs: number): number {
    while (this.#first < this.#moments.length && (this.#moments[this.#first] ?? 0) <= now - windowMs)
      this.#first++;
    if (this.#first > 4096 && this.#first * 2 > this.#moments.length) {
      this.#moments.splice(0, this.#first);
      this.#first = 0;
    }
    return this.#moments.length - this.#first;
  }

  /** Milliseconds until one more call fits under `calls`. */
  waitMs(now: number, windowMs: number, calls: number): number {
    const blocking = this.#moments[Math.max(this.#first, this.#moments.length - calls)];
    return blocking === undefined ? 0 : Math.max(0, blocking + windowMs - now);
  }
}
