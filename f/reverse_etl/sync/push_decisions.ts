import type { PushRow } from "./call_of_changes.ts";
import { ABOUT_THE_PROPERTY } from "./failure_codes.ts";
import type { Outcome } from "./outcome.ts";
import { type PushHalt, SYSTEMIC_AFTER, SYSTEMIC_IN_A_ROW } from "./push_halt.ts";
import type { PushCounts } from "./push_summary.ts";

export type Entry = { readonly seq: number; readonly outcome: Outcome };
type Rejection = Extract<Outcome, { kind: "rejected" }>;

const IN_A_ROW = "were refused one after the other for the same reason";

/** Gives every row of a push its one outcome, and tells from the rows that were refused when it is not theirs. */
export class PushDecisions {
  readonly #halt: PushHalt;
  readonly #counts: PushCounts;
  readonly #refusedAlone = new Map<string, number>();
  readonly #refusedInARow = new Map<string, number>();

  constructor({ halt, counts }: { readonly halt: PushHalt; readonly counts: PushCounts }) {
    this.#halt = halt;
    this.#counts = counts;
  }

  /** Puts a row in doubt; from now on it is sent with all its properties (R6). */
  doubt(row: PushRow, code: string): Entry {
    row.doubt = code;
    row.whole = true;
    return { seq: row.change.seq, outcome: { kind: "unknown", code } };
  }

  /** Decides a row, once. A request that was not applied does not end the doubt that an earlier one left. */
  decide(row: PushRow, outcome: Outcome): Entry {
    const final: Outcome =
      outcome.kind === "deferred" && row.doubt !== null ? { kind: "unknown", code: row.doubt } : outcome;
    if (row.outcome !== null) throw new Error(`row ${row.change.seq} was decided twice`);
    row.outcome = final;
    this.#counts.count(final);
    if (final.kind === "acknowledged") {
      this.#refusedInARow.clear();
      this.#refusedAlone.clear();
    }
    if (final.kind === "rejected" && ABOUT_THE_PROPERTY.has(final.code)) {
      this.#stopAfter(SYSTEMIC_AFTER, this.#refusedInARow, final, IN_A_ROW);
    }
    return { seq: row.change.seq, outcome: final };
  }

  /** The push is over: what was not sent is put off. */
  defer(rows: readonly PushRow[]): void {
    for (const row of rows) this.decide(row, this.#halt.deferral);
  }

  /** What a call carried that was certainly not applied is put off. */
  putOff(rows: readonly PushRow[], code: string): void {
    for (const row of rows) this.decide(row, { kind: "deferred", code });
  }

  /** Nothing more can be found out in this push. */
  giveUp(rows: readonly PushRow[], code: string): void {
    for (const row of rows) this.decide(row, { kind: "unknown", code: row.doubt ?? code });
  }

  /** Counts a row that was refused when it was sent alone. */
  refusedAlone(outcome: Rejection): void {
    const [most, how] =
      this.#counts.acknowledged === 0
        ? [SYSTEMIC_AFTER, "each sent alone, were refused for the same reason and none was accepted"]
        : [SYSTEMIC_IN_A_ROW, IN_A_ROW];
    this.#stopAfter(most, this.#refusedAlone, outcome, how);
  }

  #stopAfter(most: number, counted: Map<string, number>, outcome: Rejection, how: string): void {
    const reason = `${outcome.code} ${outcome.property ?? ""}`;
    const count = (counted.get(reason) ?? 0) + 1;
    counted.set(reason, count);
    if (count < most) return;
    this.#halt.stop({
      code: "RETL_HUBSPOT_REFUSED",
      reason: outcome.code,
      message: `${count} rows, ${how}: ${outcome.message}`,
    });
  }
}
