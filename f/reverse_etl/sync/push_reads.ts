import type { PushRow } from "./call_of_changes.ts";
import type { FailureCode } from "./failure_codes.ts";
import { mergedAway, NO_RECORD, type Outcome } from "./outcome.ts";
import { MORE_EMAILS, type PushContext, sendRead } from "./push_call.ts";
import type { Entry, PushDecisions } from "./push_decisions.ts";
import type { Decisive, PushTries } from "./push_tries.ts";
import type { ReadBack, ReadVerdict } from "./verdict.ts";

type Rows = readonly PushRow[];

/** What a record is asked for so that it tells which ids it took over. */
const MERGED_IDS = ["hs_merged_object_ids", "hs_calculated_merged_vids"];

/** A row that the answer to its write leaves open, and what that write sent. */
export interface OpenRow {
  readonly row: PushRow;
  readonly code: Extract<FailureCode, "NOT_ACCOUNTED_FOR" | "VALUE_NOT_ECHOED">;
  readonly sent: Readonly<Record<string, string>>;
  /** What HubSpot said about an upsert: true when it made the record. Null when it said nothing. */
  readonly created: boolean | null;
}

/** What a push reads from HubSpot to find out where its rows are and what became of them: one request for all rows of a call. */
export class PushReads {
  readonly #context: PushContext;
  readonly #decisions: PushDecisions;
  readonly #tries: PushTries;

  constructor(context: PushContext, decisions: PushDecisions, tries: PushTries) {
    this.#context = context;
    this.#decisions = decisions;
    this.#tries = tries;
  }

  /**
   * Finds the records of rows before they are written: by the record id where one is known, else by the unique property. Answers the
   * rows that have one; the others are decided. A row that cannot be looked up is put off, because nothing of it was sent.
   * For a removed row, a record that has another key now is none: it may be what another row writes to.
   *
   * @param absent What becomes of a row that has no record.
   */
  async locate(rows: Rows, absent: (row: PushRow) => Outcome): Promise<Rows> {
    const { idProperty } = this.#context.sync;
    const byId = rows.filter((row) => row.recordId !== null);
    const byKey = rows.filter((row) => row.recordId === null);
    const located = byId.length === 0 ? [] : await this.#locateBy(null, byId, absent);
    if (byKey.length === 0) return located;
    if (idProperty !== null) return [...located, ...(await this.#locateBy(idProperty, byKey, absent))];
    this.#decisions.putOff(byKey, "NOT_READ_BACK");
    return located;
  }

  /** `by` is a unique property, or null for the record id. */
  async #locateBy(by: string | null, rows: Rows, absent: (row: PushRow) => Outcome): Promise<Rows> {
    const { idProperty } = this.#context.sync;
    const keys = idProperty === null ? [] : [idProperty, ...(idProperty === "email" ? [MORE_EMAILS] : [])];
    const read = await this.#read(rows, by, [...(by === null ? MERGED_IDS : []), ...keys]);
    if (read === null) return [];
    const located: PushRow[] = [];
    const entries = rows.flatMap((row, index): readonly Entry[] => {
      const found = read.verdict.rows[index];
      if (found?.kind !== "found") return [this.#decisions.decide(row, outcomeOfLost(found, absent(row)))];
      if (row.change.removed === true) {
        if (this.#hasOtherKey(row, found)) return [this.#decisions.decide(row, absent(row))];
        if (this.#mayBeForeign(row)) return [this.#decisions.decide(row, neverConfirmed(found.hubspotId))];
      }
      row.recordId = found.hubspotId;
      located.push(row);
      return [];
    });
    await read.record(entries);
    return located;
  }

  /**
   * Reads the records of rows that the answer to their write leaves open, once, and journals what `told` makes of each: rows that
   * stay open are unknown. Rows that cannot be read are decided.
   */
  async confirm(
    open: readonly OpenRow[],
    told: (open: OpenRow, outcome: Outcome) => readonly Entry[],
  ): Promise<void> {
    const rows = open.map(({ row }) => row);
    const names = open.flatMap(({ sent }) => Object.keys(sent));
    const read = await this.#read(rows, null, [...names, ...MERGED_IDS]);
    if (read === null) return;
    const { verdict } = read;
    await read.record(open.flatMap((one, index) => told(one, this.#outcomeOf(one, verdict.rows[index]))));
  }

  #outcomeOf({ code, sent, created }: OpenRow, read: ReadBack | undefined): Outcome {
    if (read === undefined || read.kind === "unknown") return { kind: "unknown", code };
    if (read.kind !== "found") return outcomeOfLost(read, NO_RECORD);
    // A read that was asked for a property and does not show it says that the record has no value there.
    const nothing = Object.fromEntries(Object.keys(sent).map((name) => [name, null]));
    const problem = this.#context.hubspot.unconfirmed(sent, { ...nothing, ...read.properties });
    if (problem === null) {
      const { hubspotId } = read;
      return { kind: "acknowledged", hubspotId, ...(created === null ? {} : { created }) };
    }
    // A write that the answer does not speak of may not have been applied, or not yet.
    return code === "NOT_ACCOUNTED_FOR" ? { kind: "unknown", code } : problem;
  }

  /**
   * Whether a record has been given another key. An empty one contradicts nothing. A secondary address is as good as the primary one
   * where an acknowledgement told the record; where only the address leads there, the contact may be another row's.
   */
  #hasOtherKey({ change }: PushRow, { properties }: Extract<ReadBack, { kind: "found" }>): boolean {
    const { hubspot, sync } = this.#context;
    const { idProperty } = sync;
    const held = idProperty === null ? "" : (properties[idProperty] ?? "");
    if (idProperty === null || held.trim() === "") return false;
    const more = change.hubspotId === null ? [] : (properties[MORE_EMAILS] ?? "").split(";");
    const isKey = (value: string) =>
      hubspot.unconfirmed({ [idProperty]: change.id }, { [idProperty]: value }) === null;
    return ![held, ...more].some(isKey);
  }

  /** Whether HubSpot never confirmed that a create of ours made the record: it may be what was in the way of that create. */
  #mayBeForeign({ change }: PushRow): boolean {
    return this.#context.sync.action === "create" && change.hubspotId === null;
  }

  /** Null when the rows are decided. */
  async #read(
    rows: Rows,
    idProperty: string | null,
    properties: readonly string[],
  ): Promise<Decisive<ReadVerdict> | null> {
    const ids = rows.map((row) => (idProperty === null ? (row.recordId ?? "") : row.change.id));
    const request = { idProperty, ids, properties };
    const sent = await this.#tries.send(rows, () => sendRead(this.#context, rows, request), "read", null);
    if (sent === null) return null;
    if (sent.kind === "sent") return sent;
    await sent.record([]);
    this.#decisions.putOff(rows, sent.code);
    return null;
  }
}

function neverConfirmed(hubspotId: string): Outcome {
  return {
    kind: "rejected",
    code: "CONFLICT",
    property: null,
    message: `a record has the key of this removed row, but it is not known to be ours; its record id is ${hubspotId}`,
  };
}

function outcomeOfLost(read: ReadBack | undefined, absent: Outcome): Outcome {
  if (read?.kind === "absent") return absent;
  if (read?.kind === "merged") return mergedAway(read.winnerId);
  return { kind: "deferred", code: "NOT_READ_BACK" };
}
