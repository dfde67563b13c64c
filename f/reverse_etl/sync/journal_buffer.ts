import type { Clock } from "./clock.ts";
import type { AttemptJournal, CallRecord } from "./push_ports.ts";

const FLUSH_RECORDS = 8;
const FLUSH_MS = 2_000;

/**
 * Collects call records and writes them every few calls. Once the journal could not be written, everything throws that
 * error, so that nothing runs ahead of what is recorded.
 */
export class JournalBuffer {
  readonly #journal: AttemptJournal;
  readonly #clock: Clock;
  #records: CallRecord[] = [];
  #flushedAt: number;
  #writing: Promise<void> = Promise.resolve();

  constructor(journal: AttemptJournal, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
    this.#flushedAt = clock.now();
  }

  /** Keeps a record; writes when enough have come together. */
  async add(record: CallRecord): Promise<void> {
    this.#records.push(record);
    const due = this.#records.length >= FLUSH_RECORDS || this.#clock.now() - this.#flushedAt >= FLUSH_MS;
    if (due) await this.flush();
  }

  /** Resolves when every record added so far is durable. */
  flush(): Promise<void> {
    // A failed write stays in the chain: what comes after it fails with the same error.
    this.#writing = this.#writing.then(async () => {
      const records = this.#records;
      if (records.length === 0) return;
      this.#records = [];
      await this.#journal.append(records);
      this.#flushedAt = this.#clock.now();
    });
    return this.#writing;
  }

  /** Writes what is left and the attempt's end, with the limit that ended it. */
  async end(deferredReason: string | null): Promise<void> {
    await this.flush();
    await this.#journal.end(deferredReason);
  }
}
