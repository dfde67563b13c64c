import type { Clock } from "./clock.ts";
import type { AttemptJournal, CallRecord } from "./push_ports.ts";

const FLUSH_RECORDS = 8;
const FLUSH_MS = 2_000;

/**
 * Calls that may have come back without their records being durable; after a crash their rows are in doubt and sent again. As many as
 * HubSpot's limit lets through while a slow warehouse takes its time, 19 a second.
 */
const MOST_UNWRITTEN = 48;

/**
 * Collects call records and writes them every few calls, while the push goes on. Once the journal could not be written, everything throws that
 * error, so that nothing runs far ahead of what is recorded.
 */
export class JournalBuffer {
  readonly #journal: AttemptJournal;
  readonly #clock: Clock;
  #records: CallRecord[] = [];
  /** Added, and not yet durable. */
  #unwritten = 0;
  #flushedAt: number;
  #writing: Promise<void> = Promise.resolve();
  /** The write that has not begun. */
  #next: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;

  constructor(journal: AttemptJournal, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
    this.#flushedAt = clock.now();
  }

  /** Keeps a record; begins to write when enough have come together, and waits for it when too many have. */
  async add(record: CallRecord): Promise<void> {
    if (this.#failure !== null) throw this.#failure.error;
    this.#records.push(record);
    this.#unwritten += 1;
    const due = this.#records.length >= FLUSH_RECORDS || this.#clock.now() - this.#flushedAt >= FLUSH_MS;
    if (!due) return;
    const flushed = this.flush();
    if (this.#unwritten >= MOST_UNWRITTEN) await flushed;
  }

  /** Resolves when every record added so far is durable. */
  flush(): Promise<void> {
    // What is added before a write begins goes with it. After a failed one none begins: whoever waits gets the same error.
    this.#next ??= this.#writing.then(() => {
      this.#next = null;
      return this.#write();
    });
    this.#writing = this.#next;
    this.#writing.catch((error: unknown) => {
      this.#failure ??= { error };
    });
    return this.#writing;
  }

  async #write(): Promise<void> {
    const records = this.#records;
    if (records.length === 0) return;
    this.#records = [];
    await this.#journal.append(records);
    this.#unwritten -= records.length;
    this.#flushedAt = this.#clock.now();
  }

  /** Writes what is left and the attempt's end, with the limit that ended it. */
  async end(deferredReason: string | null): Promise<void> {
    await this.flush();
    await this.#journal.end(deferredReason);
  }
}
