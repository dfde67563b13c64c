/** Answered calls that are looked back on. */
const LOOKED_BACK_ON = 20;
/** Above this share of requests that came to nothing before their calls were answered, what comes to nothing may be HubSpot's fault, and not its rows'. */
const FLAKY = 0.1;
/** Above this share more than half of all requests come to nothing: of calls with four tries those that are answered failed less often than the others. */
const STRUGGLING = 0.4;

/**
 * How often HubSpot fails requests that it then takes as they are. A row that it cannot digest fails all of its tries, so it does not show here.
 */
export class Flakiness {
  readonly #failedTries: number[] = [];

  /** A call was answered after so many requests that came to nothing. */
  answered(failedTries: number): void {
    this.#failedTries.push(failedTries);
    if (this.#failedTries.length > LOOKED_BACK_ON) this.#failedTries.shift();
  }

  get isFlaky(): boolean {
    return this.#share > FLAKY;
  }

  get isStruggling(): boolean {
    return this.#failedTries.length === LOOKED_BACK_ON && this.#share > STRUGGLING;
  }

  get #share(): number {
    const failed = this.#failedTries.reduce((sum, tries) => sum + tries, 0);
    return failed === 0 ? 0 : failed / (failed + this.#failedTries.length);
  }
}
