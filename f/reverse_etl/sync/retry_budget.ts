import pLimit from "p-limit";

/** Retries that may leave at any time. */
const IN_RESERVE = 10;
/** Retries that an answer earns: a tenth of the calls. */
const EARNED = 0.1;

/** Bounds the load that retries put upon a HubSpot in trouble. One for all calls of a push. */
export class RetryBudget {
  readonly #oneAtATime = pLimit(1);
  #left = IN_RESERVE;

  answered(): void {
    this.#left = Math.min(IN_RESERVE, this.#left + EARNED);
  }

  /** Pauses before a retry: beside other pauses as long as the budget lasts, else after theirs. */
  async pause(sleep: () => Promise<void>): Promise<void> {
    if (this.#left < 1) return this.#oneAtATime(sleep);
    this.#left -= 1;
    return sleep();
  }
}
