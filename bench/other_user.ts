/** Another program that calls HubSpot with the same token and does not look at what remains. */
export class OtherUser {
  readonly #url: string;
  readonly #token: string;
  readonly #everyMs: number;
  #isRunning = true;
  #granted = 0;
  #refused = 0;

  /** `share` of the `calls` of each window, evenly with some unrest. Starts at once. */
  constructor(url: string, token: string, share: number, calls: number, windowMs: number) {
    this.#url = `${url}/crm/v3/objects/contacts?limit=1`;
    this.#token = token;
    this.#everyMs = windowMs / (share * calls);
    void this.#run();
  }

  /** Calls that HubSpot answered and refused so far. */
  get calls(): { readonly granted: number; readonly refused: number } {
    return { granted: this.#granted, refused: this.#refused };
  }

  stop(): void {
    this.#isRunning = false;
  }

  async #run(): Promise<void> {
    const startedAt = performance.now();
    for (let count = 0; this.#isRunning; count++) {
      const at = startedAt + this.#everyMs * (count + 0.5 * Math.random());
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now())));
      // A connection that is cut at the end of the measurement is no call.
      void this.#call().catch(() => undefined);
    }
  }

  async #call(): Promise<void> {
    const response = await fetch(this.#url, { headers: { authorization: `Bearer ${this.#token}` } });
    await response.arrayBuffer();
    if (response.status === 429) this.#refused += 1;
    else this.#granted += 1;
  }
}
