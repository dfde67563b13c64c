import { setImmediate } from "node:timers/promises";

/**
 * Gives each turn of the event loop to one piece of work. HubSpot counts a call when it comes, however many others it is at work on; many
 * answers that fall due together would let a call that comes meanwhile be counted a tenth of a second late.
 */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when it is the caller's turn, in the order of asking. */
  next(): Promise<void> {
    this.#last = this.#last.then(() => setImmediate());
    return this.#last;
  }
}
