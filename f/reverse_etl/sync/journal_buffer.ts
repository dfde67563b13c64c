import type { Clock } from "./clock.ts";
import { GroupedWrites } from "./grouped_writes.ts";
import type { AttemptJournal, CallRecord } from "./push_ports.ts";

const FLUSH_RECORDS = 8;
const FLUSH_MS = 2_000;

/**
 * Calls that have come back while their records are not durable, beside those in flight; after a crash their rows are in doubt and sent
 * again. As many as HubSpot's limit lets through while a slow warehouse takes its time, 19 a second.
 */
const MOST_UNWRITTEN = 48;

/**
 * Collects call records and writes them every few calls, while the push goes on. Once the journal could not be written, `failed` is told at
 * once, and everything throws that error, so that nothing runs ahead of what is recorded.
 */
export class JournalBuffer {
  readonly #journal: AttemptJournal;
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  readonly #records: GroupedWrites<CallRecord>;
  #flushedAt: number;
  #failure: { readonly error: unknown } | null = null;

  constructor(journal: AttemptJournal, clock: Clock, failed: (error: unknown) => void) {
    this.#journal = journal;
    this.#clock = clock;
    this.#failed = failed;
    this.#flushedAt = clock.now();
    this.#records = new GroupedWrites(Number.POSITIVE_INFINITY, async (records) => {
      await journal.append(records);
      this.#flushedAt = clock.now();
    });
  }

  /** Keeps a record; begins to write when enough have come together, and waits for it when too many have. */
  async add(record: CallRecord): Promise<void> {
    if (this.#failure !== null) throw this.#failure.error;
    this.#records.add([record]);
    const due = this.#records.waiting >= FLUSH_RECORDS || this.#clock.now() - this.#flushedAt >= FLUSH_MS;
    if (this.#records.unwritten >= MOST_UNWRITTEN) await this.flush();
    else if (due) void this.flush();
  }

  /** Resolves when every record added so far is durable. */
  flush(): Promise<void> {
    const flushed = this.#records.flush();
    flushed.catch((error: unknown) => {
      if (this.#failure !== null) return;
      this.#failure = { error };
      this.#failed(error);
    });
    return flushed;
  }

  /** Writes what is left and the attempt's end, with what ended it early. */
  async end(reason: string | null): Promise<void> {
    await this.flush();
    await this.#journal.end(reason);
  }
}
