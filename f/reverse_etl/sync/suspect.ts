import type { PushRow } from "./call_of_changes.ts";
import type { WriteAction } from "./hubspot_port.ts";
import type { Outcome } from "./outcome.ts";
import type { PushContext, Sent } from "./push_call.ts";
import type { FailedRow, Reachability } from "./reachability.ts";

export type Recorder = Sent<unknown>["record"];

/** A row, sent alone, that came to nothing in every try. */
export interface Suspect extends FailedRow {
  readonly row: PushRow;
  readonly action: WriteAction;
  /** True when HubSpot answered every try with a server error; false when one was met with silence. */
  readonly isServerError: boolean;
  /** Journals the last request, which is kept back until the row is decided. */
  readonly record: Recorder;
}

/**
 * What becomes of a suspect at the end of its push: rejected when HubSpot answered it with server errors while it took or refused others, since
 * the trouble began if the push was ended early; otherwise nothing tells the row from a HubSpot in trouble, and it stays unknown.
 */
export function outcomeOfSuspect(
  suspect: Suspect,
  reachability: Reachability,
  { counts, halt }: Pick<PushContext, "counts" | "halt">,
): Outcome {
  const { code, isServerError, troubleSince } = suspect;
  const isOpen =
    counts.acknowledged + counts.rejected === 0 ||
    reachability.wasInTrouble(suspect) ||
    (halt.reached && reachability.writesAnswered <= troubleSince);
  if (isOpen || !isServerError) return { kind: "unknown", code };
  return {
    kind: "rejected",
    code,
    property: null,
    message: "HubSpot answered every try of this row, sent alone, with a server error, and took other rows",
  };
}
