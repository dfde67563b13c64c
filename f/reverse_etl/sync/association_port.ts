import type { HubSpotAnswer } from "./hubspot_port.ts";
import type { Outcome } from "./outcome.ts";
import type { Defer, StopVerdict, Wait } from "./verdict.ts";

/** A kind of association, in the direction in which it is asked for. */
export interface AssociationType {
  readonly category: string;
  readonly typeId: string;
  /** Null for an association without a label. */
  readonly label: string | null;
}

/** Two records by their record ids. */
export interface RecordPair {
  readonly from: string;
  readonly to: string;
}

/**
 * One batch request about pairs. `archive` takes all associations between two records away, whoever made them; `archive_labels` only those of
 * the type.
 */
export type AssociationCall = {
  readonly fromType: string;
  readonly toType: string;
  /** At most `ASSOCIATION_LIMITS` of them, each pair once. */
  readonly pairs: readonly RecordPair[];
} & (
  | { readonly action: "create" | "archive_labels"; readonly type: AssociationType }
  | { readonly action: "archive" }
);

/** What a batch takes at most (associations API v4, guide and changelog of 2025-02-10, read 2026-11). */
export const ASSOCIATION_LIMITS = { create: 2_000, read: 1_000, archive: 100 } as const;

/** One page of the associations of each record. */
export interface AssociationRead {
  readonly fromType: string;
  readonly toType: string;
  readonly inputs: readonly { readonly id: string; readonly after?: string }[];
}

/** What is associated with one record, as far as the answer tells. */
export type AssociatedRecords =
  | {
      readonly kind: "found";
      /** Types by the record id of the other side. */
      readonly types: ReadonlyMap<string, readonly AssociationType[]>;
      /** Where the next page begins; null when this is the last one. */
      readonly after: string | null;
    }
  /** HubSpot says that nothing is associated with it, or that it does not exist. */
  | { readonly kind: "none" }
  | { readonly kind: "unknown" };

export type AssociationVerdict =
  /** One outcome per pair, in the order of the pairs; an `acknowledged` removal means that the association is not there. */
  | { readonly kind: "settle"; readonly outcomes: readonly Outcome[] }
  /** Pairs without an outcome (null) are to be sent again, in smaller calls when none has one. Only for two pairs and more. */
  | { readonly kind: "split"; readonly code: string; readonly outcomes: readonly (Outcome | null)[] }
  | Wait
  | Defer
  | StopVerdict;

export type AssociationReadVerdict =
  | { readonly kind: "settle"; readonly records: readonly AssociatedRecords[] }
  | Wait
  | Defer
  | StopVerdict;

export type LabelsVerdict =
  | { readonly kind: "settle"; readonly types: readonly AssociationType[] }
  | Wait
  | Defer
  | StopVerdict;

/** HubSpot's associations. Like `HubSpot`: a method call is one request, and whatever comes back is an answer. */
export interface HubSpotAssociations {
  write(call: AssociationCall): Promise<HubSpotAnswer>;
  read(request: AssociationRead): Promise<HubSpotAnswer>;
  /** `GET /crm/v4/associations/{from}/{to}/labels`. */
  labels(fromType: string, toType: string): Promise<HubSpotAnswer>;
  /** What an answer to `write` means for every pair; pure. */
  judge(call: AssociationCall, answer: HubSpotAnswer): AssociationVerdict;
  /** What an answer to `read` tells of every input; pure. */
  judgeRead(request: AssociationRead, answer: HubSpotAnswer): AssociationReadVerdict;
  judgeLabels(answer: HubSpotAnswer): LabelsVerdict;
}
