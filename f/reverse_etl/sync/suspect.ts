import type { PushRow } from "./call_of_changes.ts";
import type { WriteAction } from "./hubspot_port.ts";
import type { Outcome } from "./outcome.ts";
import type { PushContext, Sent } from "./push_call.ts";

export type Recorder = Sent<unknown>["record"];

/** A row, sent alone, that HubSpot answered with a server error in every try. */
export interface Suspect {
  readonly row: PushRow;
  readonly action: WriteAction;
  /** `HTTP_<status>` of the last answer. */
  readonly code: string;
  /** How many writes HubSpot had answered when the trouble with the row's call began. */
  readonly troubleSince: number;
  /** How many when the row's own tries were used up. */
  readonly failedAfter: number;
  /** Journals the last request, which is kept back until the row is decided. */
  readonly record: Recorder;
}

/**
 * What becomes of a suspect at the end of its push: rejected when HubSpot took or refused other rows, since the trouble began if the
 * push was ended early; otherwise nothing tells the row from a HubSpot that is down, and it stays unknown.
 */
export function outcomeOfSuspect(
  { code, troubleSince }: Suspect,
  { counts, halt }: Pick<PushContext, "counts" | "halt">,
  writesAnswered: number,
): Outcome {
  const settledOthers = counts.acknowledged + counts.rejected > 0;
  if (!settledOthers || (halt.reached && writesAnswered <= troubleSince)) return { kind: "unknown", code };
  return {
    kind: "rejected",
    code,
    property: null,
    message: "HubSpot answered every try of this row, sent alone, with a server error, and took other rows",
  };
}
