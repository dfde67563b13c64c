import type { Change } from "./change.ts";
import type { WriteAction, WriteCall, WriteInput } from "./hubspot_port.ts";
import type { Outcome } from "./outcome.ts";

/** What a push has to know of its sync. */
export interface PushSync {
  /** `contacts`, `companies`, `2-1234567`. */
  readonly objectType: string;
  readonly action: "create" | "update" | "upsert";
  /** The unique property that the changes' ids are values of; null when they are HubSpot record ids. */
  readonly idProperty: string | null;
  /** Changes a call, 1 to 100. */
  readonly batchSize: number;
  /** Calls of this push that may wait for HubSpot at the same time. */
  readonly callsInFlight: number;
  /** How long a push waits for a HubSpot that is down; 0 ends it at once. */
  readonly patienceMs: number;
}

/** A change on its way through one push. */
export interface PushRow {
  readonly change: Change;
  readonly mayHaveBeenSent: boolean;
  /** HubSpot's record id: the source id of a sync by record id, what an acknowledgement told, or what a look-up found. */
  recordId: string | null;
  /** True once the record was looked up by its unique property, because the one that was known is not there any more. */
  relocated: boolean;
  /** True once more than the payload must be sent, because an earlier request may have been applied. */
  whole: boolean;
  /** True once HubSpot made the record anew, so that it lacks even what is otherwise left alone. */
  recreated: boolean;
  /** Why an earlier request of this push may have been applied; null when none may. */
  doubt: string | null;
  /** Creates of this row that left and were not refused with their call. */
  creates: number;
  /** HubSpot's word, after an ambiguous answer, that a record is in the way of this create; null when there was none. */
  conflict: Outcome | null;
  /** Null until the row's fate is decided. */
  outcome: Outcome | null;
}

/** `mayHaveBeenSent`: an earlier attempt may have sent the row without recording it. */
export function rowOf(sync: PushSync, change: Change, mayHaveBeenSent: boolean): PushRow {
  return {
    change,
    mayHaveBeenSent,
    recordId: sync.action === "update" ? change.id : change.hubspotId,
    relocated: false,
    whole: mayHaveBeenSent,
    recreated: false,
    doubt: null,
    creates: 0,
    conflict: null,
    outcome: null,
  };
}

/** Which endpoint a change goes to. */
export function actionOf(sync: PushSync, change: Change): WriteAction {
  if (change.operation === "archive") return "archive";
  // The record of a removed row is cleared where it is; an upsert could make it anew.
  if (change.removed === true) return "update";
  return sync.action === "create" && change.operation === "update" && change.hubspotId !== null
    ? "update"
    : sync.action;
}

/** True when what was sent leaves out properties that a new record needs. */
export function isPartial({ desired }: Change, sent: Readonly<Record<string, string>>): boolean {
  return Object.keys(desired).some((name) => !Object.hasOwn(sent, name));
}

/**
 * What a row in doubt sends. Of a property whose source is NULL and that is left alone then, `desired` has the value acknowledged
 * last: sending it could undo an edit that a person made in HubSpot since.
 */
export function wholeOf(change: Change): Readonly<Record<string, string>> {
  const kept = new Set(change.kept ?? []);
  const owned = Object.entries(change.desired).filter(([name]) => !kept.has(name));
  return { ...Object.fromEntries(owned), ...change.payload };
}

function updateOf(row: PushRow): Readonly<Record<string, string>> {
  const { change } = row;
  if (row.recreated) return { ...change.desired, ...change.payload };
  return row.whole ? wholeOf(change) : change.payload;
}

/** HubSpot does not support partial upserts by email: every mapped property goes with each (CRM contacts guide, read 2026-11). */
const WHOLE_BY = "email";

function wholeOrMore(row: PushRow): Readonly<Record<string, string>> {
  return row.recreated ? updateOf(row) : wholeOf(row.change);
}

/** What a row sends now. */
export function valuesOf(
  sync: PushSync,
  action: WriteAction,
  row: PushRow,
): Readonly<Record<string, string>> {
  const { change } = row;
  switch (action) {
    case "archive":
      return {};
    case "create":
      return sync.idProperty === null ? change.desired : { ...change.desired, [sync.idProperty]: change.id };
    default:
      return action === "upsert" && sync.idProperty === WHOLE_BY ? wholeOrMore(row) : updateOf(row);
  }
}

/** The call for some rows. Trace ids are unique because `callName` is. */
export function callOf(
  sync: PushSync,
  action: WriteAction,
  rows: readonly PushRow[],
  callName: string,
): WriteCall {
  return {
    objectType: sync.objectType,
    action,
    ...(action === "create" && sync.idProperty !== null ? { uniqueProperty: sync.idProperty } : {}),
    inputs: rows.map(
      (row): WriteInput => ({
        traceId: `${callName}-${row.change.seq}`,
        ...keyOf(sync, action, row),
        properties: valuesOf(sync, action, row),
      }),
    ),
  };
}

function keyOf(sync: PushSync, action: WriteAction, row: PushRow): Pick<WriteInput, "id" | "idProperty"> {
  if (action === "create") return {};
  if (action === "upsert") {
    return sync.idProperty === null
      ? { id: row.change.id }
      : { id: row.change.id, idProperty: sync.idProperty };
  }
  // A source id in place of a record id would address whatever record happens to have that number.
  if (row.recordId === null) throw new Error(`row ${row.change.seq} has no record id to ${action} by`);
  return { id: row.recordId };
}
