import { RetlError } from "./error.ts";
import type { Outcome, OutcomeKind } from "./outcome.ts";
import type { Stop } from "./verdict.ts";

/** What one push did; small whatever the size of its batch. */
export interface PushSummary {
  /** Changes of the batch that this push had to decide. */
  readonly changes: number;
  /** Changes that an earlier attempt had decided already. */
  readonly alreadyDecided: number;
  readonly acknowledged: number;
  readonly rejected: number;
  readonly deferred: number;
  readonly unknown: number;
  /** Rows by code, for every kind of outcome that has one. */
  readonly codes: Readonly<Record<Exclude<OutcomeKind, "acknowledged">, Readonly<Record<string, number>>>>;
  /** HTTP requests, reads included. */
  readonly calls: number;
  /** Requests answered 429. */
  readonly limited: number;
  /** What ended the push before its batch was through, when every further call would have failed alike. */
  readonly stopped: Stop | null;
  /** The limit that ended it (`DAILY`, `MIGRATION`, …). */
  readonly deferredReason: string | null;
}

/** Counts outcomes and checks at the end that every change had exactly one. */
export class PushCounts {
  readonly #kinds: Record<OutcomeKind, number> = { acknowledged: 0, rejected: 0, deferred: 0, unknown: 0 };
  readonly #codes = { rejected: {}, deferred: {}, unknown: {} } as Record<
    Exclude<OutcomeKind, "acknowledged">,
    Record<string, number>
  >;
  changes = 0;
  alreadyDecided = 0;
  calls = 0;
  limited = 0;

  get acknowledged(): number {
    return this.#kinds.acknowledged;
  }

  get rejected(): number {
    return this.#kinds.rejected;
  }

  /** Changes of the batch that have their outcome, those of an earlier attempt included. */
  get decided(): number {
    const { acknowledged, rejected, deferred, unknown } = this.#kinds;
    return this.alreadyDecided + acknowledged + rejected + deferred + unknown;
  }

  count(outcome: Outcome): void {
    this.#kinds[outcome.kind] += 1;
    if (outcome.kind === "acknowledged") return;
    const codes = this.#codes[outcome.kind];
    codes[outcome.code] = (codes[outcome.code] ?? 0) + 1;
  }

  /** Throws `RETL_COUNTS_DIFFER` when a change has no outcome. */
  summary(stopped: Stop | null, deferredReason: string | null): PushSummary {
    const { acknowledged, rejected, deferred, unknown } = this.#kinds;
    const decided = this.decided - this.alreadyDecided;
    if (decided !== this.changes) {
      throw new RetlError("RETL_COUNTS_DIFFER", {
        what: `A batch had ${this.changes} changes to decide, but ${decided} outcomes came of it.`,
        state: "The journal holds what was sent; rows without an outcome count as in doubt.",
        next: "This is a fault of Tailrace: report it with the batch's journal entries. The next run sends these rows again.",
        details: { changes: this.changes, acknowledged, rejected, deferred, unknown },
      });
    }
    return {
      changes: this.changes,
      alreadyDecided: this.alreadyDecided,
      acknowledged,
      rejected,
      deferred,
      unknown,
      codes: this.#codes,
      calls: this.calls,
      limited: this.limited,
      stopped,
      deferredReason,
    };
  }
}

/** Throws `RETL_COUNTS_DIFFER` when other changes were read than planned. */
export function requireCount(what: string, expected: number, read: number): void {
  if (read === expected) return;
  throw new RetlError("RETL_COUNTS_DIFFER", {
    what: `${what} has ${expected} planned changes, but ${read} were read.`,
    state:
      "Nothing of them is sent; what was sent of this batch before is in the journal, and its rows count as in doubt.",
    next: "Find out who changed the table of changes, then run the job again: it plans and sends these rows again.",
    details: { expected, read },
  });
}
