/**
 * What became of one change. Every change of a call gets exactly one.
 *
 * - `acknowledged`: HubSpot confirmed these very values.
 * - `rejected`: HubSpot said no to this row; it is listed and waits.
 * - `deferred`: certainly not applied, and not sent again in this run (quota, a systemic stop).
 * - `unknown`: the request may have been applied. Never acknowledged, never forgotten.
 */
export type Outcome =
  | {
      readonly kind: "acknowledged";
      readonly hubspotId: string | null;
      /** What HubSpot said about an upsert: true when it made the record. Absent when it said nothing. */
      readonly created?: boolean;
    }
  | {
      readonly kind: "rejected";
      /** HubSpot's own code (`INVALID_EMAIL`) or one of ours (`VALUE_NOT_TAKEN`). */
      readonly code: string;
      readonly property: string | null;
      /** Scrubbed of values: at most 200 characters, no personal data. */
      readonly message: string;
    }
  | { readonly kind: "deferred"; readonly code: string }
  | { readonly kind: "unknown"; readonly code: string };

export type OutcomeKind = Outcome["kind"];

/** A write by the id of a record that is not there. */
export const NO_RECORD = {
  kind: "rejected",
  code: "OBJECT_NOT_FOUND",
  property: null,
  message: "HubSpot has no record with this record id: it was deleted, or never existed",
} as const satisfies Outcome;

/** A write by the id of a record that was merged into another one. */
export function mergedAway(winnerId: string): Outcome {
  return {
    kind: "rejected",
    code: "MERGED_AWAY",
    property: null,
    message: `the record with this record id was merged into ${winnerId}`,
  };
}
