import type { SampledChange } from "../sync/plan_sample.ts";
import type { ValueKind } from "../sync/preflight.ts";
import type { ReadBack } from "../sync/verdict.ts";
import { type Cell, shortened } from "./rendered_result.ts";

/** What is said of a property that HubSpot holds with the value that would be sent. */
export const AS_IT_IS = "as it is";

/** Whether what HubSpot holds of a property is, in one of its known forms, the value that would be sent. */
export type IsSame = (property: string, sent: string, held: string | null) => boolean;

export interface ShownAs {
  /** Whether values are shown; without, only their kind and length are. */
  readonly values: boolean;
  readonly kinds: ReadonlyMap<string, ValueKind>;
  readonly isSame: IsSame;
}

/** Columns of the before-and-after table. */
export const CHANGE_COLUMNS = [
  "row",
  "operation",
  "reason",
  "record",
  "property",
  "before",
  "after",
  "change",
];

const LONGEST = 60;

/** The lines of the before-and-after table for one change: one a property that would be sent, or one for the whole record. */
export function propertyChanges(
  change: SampledChange,
  present: ReadBack,
  as: ShownAs,
): Record<string, Cell>[] {
  const common = {
    row: shortened(change.id, LONGEST),
    operation: change.operation,
    reason: change.reason,
    record: recordOf(present, change.hubspotId),
  };
  const properties = Object.entries(change.payload);
  if (properties.length === 0) {
    return [{ ...common, property: "", before: "", after: "", change: change.operation }];
  }
  return properties.map(([property, sent]) => {
    const held = present.kind === "found" ? (present.properties[property] ?? "") : null;
    const shown = (value: string) =>
      as.values ? shortened(value, LONGEST) : kindOf(value, as.kinds.get(property));
    return {
      ...common,
      property,
      before: present.kind === "unknown" ? "not known" : shown(held ?? ""),
      after: shown(sent),
      change: changeOf(present, held ?? "", sent, as.isSame(property, sent, held)),
    };
  });
}

function recordOf(present: ReadBack, hubspotId: string | null): string {
  if (present.kind === "found") return present.hubspotId;
  if (present.kind === "absent") return hubspotId === null ? "none yet" : `${hubspotId} is gone`;
  return hubspotId ?? "not known";
}

function changeOf(present: ReadBack, held: string, sent: string, same: boolean): string {
  if (present.kind === "unknown") return "sent";
  if (held === sent || same) return AS_IT_IS;
  if (sent === "") return "cleared";
  return held === "" ? "set" : "changed";
}

function kindOf(value: string, kind: ValueKind | undefined): string {
  if (value === "") return "empty";
  if (kind === undefined || kind === "text") return `text of ${value.length} characters`;
  return kind === "bool" ? "true or false" : kind;
}
