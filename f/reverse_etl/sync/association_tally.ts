import type { Outcome } from "./outcome.ts";

/** What one run did about associations. */
export interface AssociationOutcomes {
  readonly created: number;
  /** Taken away, or not there any more. */
  readonly removed: number;
  /** Not said any more, but left in place: the other row says it too, or somebody else set a label. */
  readonly left: number;
  readonly rejected: number;
  /** Not sent: a limit, or the step was stopped. The next run goes on with them. */
  readonly deferred: number;
  /** May have been applied; sent again by the next run. */
  readonly unknown: number;
  /** Associations by code, for everything that was not done. */
  readonly codes: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly limited: number;
}

/** Counts what becomes of the associations of a run. */
export class AssociationTally {
  created = 0;
  removed = 0;
  left = 0;
  calls = 0;
  limited = 0;
  /** Whether a request was given up, which may be running at HubSpot still. */
  gaveUp = false;
  readonly #kinds = { rejected: 0, deferred: 0, unknown: 0 };
  readonly #codes: Record<string, number> = {};

  count(outcome: Exclude<Outcome, { readonly kind: "acknowledged" }>, times = 1): void {
    this.#kinds[outcome.kind] += times;
    this.note(outcome.code, times);
  }

  note(code: string, times: number): void {
    if (times > 0) this.#codes[code] = (this.#codes[code] ?? 0) + times;
  }

  get outcomes(): AssociationOutcomes {
    const { created, removed, left, calls, limited } = this;
    return { created, removed, left, ...this.#kinds, codes: this.#codes, calls, limited };
  }
}
