import pLimit from "p-limit";

/** Lets the statements of one session run one after another, in the order they were asked for, and nothing beside an open stream. */
export class SessionQueue {
  readonly #oneAtATime = pLimit(1);
  #isStreaming = false;
  #isClosed = false;

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isStreaming) {
      throw new Error(
        "Internal error: a session that is being streamed from was asked for another statement.",
      );
    }
    // One that comes late would open the session again, and nobody would close it.
    if (this.#isClosed)
      throw new Error("Internal error: a session that is closed was asked for a statement.");
    return this.#oneAtATime(work);
  }

  async *stream<Row>(open: () => AsyncIterable<Row>): AsyncGenerator<Row, void, undefined> {
    const end = await this.#turn();
    this.#isStreaming = true;
    try {
      yield* open();
    } finally {
      this.#isStreaming = false;
      end();
    }
  }

  /** Comes after the statements that were asked for; a stream whose reader has gone somewhere else is not waited for. */
  close(work: () => Promise<void>): Promise<void> {
    this.#isClosed = true;
    return this.#isStreaming ? work() : this.#oneAtATime(work);
  }

  /** Resolves when the session is free, with what frees it again. */
  #turn(): Promise<() => void> {
    return new Promise((begin) => {
      void this.#oneAtATime(() => new Promise<void>((end) => begin(end)));
    });
  }
}
