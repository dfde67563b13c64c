/** The modes of a sync, as `flows/` names them. */
export const OPERATION_MODES = ["update", "create", "upsert", "mirror"] as const;
export type OperationMode = (typeof OPERATION_MODES)[number];

/** What becomes of a record whose row is gone from the source. */
export const REMOVED_OPERATIONS = ["leave", "clear", "archive"] as const;
export type RemovedOperation = (typeof REMOVED_OPERATIONS)[number];

/** The operation for each kind of change. */
export interface Operations {
  /** A row that the state does not know. */
  readonly added: "update" | "create" | "upsert";
  /** A row whose mapped values differ from what HubSpot acknowledged. */
  readonly changed: "update" | "upsert" | "leave";
  /** A row that HubSpot has because of us and that the source no longer has. */
  readonly removed: RemovedOperation;
}

interface ModeSettings {
  readonly operation_mode: OperationMode;
  readonly on_changed?: "update" | "leave" | undefined;
  readonly on_removed?: RemovedOperation | undefined;
}

/**
 * - `update`: records that exist, by HubSpot's record id.
 * - `create`: rows that are new become records; later changes go to the record that was made, or are left (`on_changed: leave`).
 * - `upsert`: by a unique property.
 * - `mirror`: upsert, and the records of removed rows are archived.
 */
export function operationsOf({ operation_mode, on_changed, on_removed }: ModeSettings): Operations {
  const removed = on_removed ?? (operation_mode === "mirror" ? "archive" : "leave");
  switch (operation_mode) {
    case "update":
      return { added: "update", changed: "update", removed };
    case "create":
      return { added: "create", changed: on_changed ?? "update", removed };
    case "upsert":
    case "mirror":
      return { added: "upsert", changed: "upsert", removed };
  }
}

/** How a mode finds the record of a row; modes that find it alike share one state. */
export function matchingOf(mode: OperationMode): Exclude<OperationMode, "mirror"> {
  return mode === "mirror" ? "upsert" : mode;
}
