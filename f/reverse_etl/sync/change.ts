/** What is to happen to one source row in HubSpot. */
export type Operation = "create" | "update" | "archive";

/** One source row whose mapped values differ from what HubSpot last acknowledged. */
export interface Change {
  /** Position in the run's plan, 1-based; batches are ranges of it. */
  readonly seq: number;
  /** The unique id of the source row, as text. */
  readonly id: string;
  readonly operation: Operation;
  /** The HubSpot record id that an earlier acknowledgement told; null when none is known. */
  readonly hubspotId: string | null;
  /** The properties to send: what differs, or everything for a row in doubt. */
  readonly payload: Readonly<Record<string, string>>;
  /** All mapped properties: what HubSpot should hold afterwards. */
  readonly desired: Readonly<Record<string, string>>;
  /**
   * Properties whose source is NULL and that `when_null: keep` leaves alone: `desired` has the value acknowledged last, if any. None
   * when absent.
   */
  readonly kept?: readonly string[];
  /** True for a row that is gone from the source: its record is archived, or its mapped properties are cleared. */
  readonly removed?: boolean;
  /** True when the state has a row for this id, so that HubSpot should already hold the record. */
  readonly known: boolean;
}
