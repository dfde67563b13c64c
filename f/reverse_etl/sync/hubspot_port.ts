import type { Outcome } from "./outcome.ts";
import type { ReadVerdict, Verdict } from "./verdict.ts";

/** One HubSpot endpoint family of the batch API. */
export type WriteAction = "create" | "update" | "upsert" | "archive";

export interface WriteInput {
  /** Unique within the run; HubSpot answers row by row only when it is sent. */
  readonly traceId: string;
  /** The record id (update, archive) or the unique value (upsert); absent for create. */
  readonly id?: string;
  /** The unique property that `id` is a value of; absent when `id` is a record id. */
  readonly idProperty?: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** One HubSpot batch request. */
export interface WriteCall {
  /** `contacts`, `companies`, `2-1234567`. */
  readonly objectType: string;
  readonly action: WriteAction;
  /**
   * Create only: the property that no two records share. Rows are recognised by it where HubSpot echoes no trace id, and
   * looked up by it after an ambiguous answer.
   */
  readonly uniqueProperty?: string;
  /** 1 to 100 inputs (HubSpot's batch limit, CRM objects API v3, read 2026-11). */
  readonly inputs: readonly WriteInput[];
}

/** One `POST /crm/v3/objects/{type}/batch/read`. */
export interface ReadRequest {
  readonly objectType: string;
  /** Null means that `ids` are record ids. */
  readonly idProperty: string | null;
  /** 1 to 100. */
  readonly ids: readonly string[];
  readonly properties: readonly string[];
}

/** What came back, before anyone judged it. */
export type HubSpotAnswer =
  | {
      readonly kind: "answered";
      readonly status: number;
      /** Header names in lower case. */
      readonly headers: Readonly<Record<string, string>>;
      /** The body as text; may be empty, HTML or JSON. */
      readonly body: string;
      readonly latencyMs: number;
    }
  | {
      readonly kind: "unanswered";
      readonly reason: "timeout" | "connection_lost" | "not_connected";
      /** False only when the request certainly never reached HubSpot (refused connection, unknown host). */
      readonly maybeApplied: boolean;
      readonly message: string;
      readonly latencyMs: number;
    };

export interface PropertyDefinition {
  readonly name: string;
  /** `string`, `number`, `date`, `datetime`, `enumeration`, `bool`, `phone_number`, … */
  readonly type: string;
  readonly hasUniqueValue: boolean;
  readonly readOnly: boolean;
  readonly calculated: boolean;
  readonly archived: boolean;
  /** `select`, `checkbox` (several options joined by `;`), `text`, … */
  readonly fieldType: string;
  readonly groupName: string;
  /** Internal values of an enumeration; empty for other types. */
  readonly options: readonly string[];
}

/** A property to be made. */
export interface NewProperty {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly fieldType: string;
  readonly groupName: string;
  readonly hasUniqueValue: boolean;
  readonly options?: readonly { readonly label: string; readonly value: string }[];
}

/**
 * HubSpot as the push needs it.
 *
 * - One method call is one HTTP request: never retried, never paced, aborted after the timeout.
 * - Never throws for anything that HubSpot or the network does: that is an answer.
 * - Never follows a redirect, and never sends the token to another host than the resource's.
 */
export interface HubSpot {
  write(call: WriteCall): Promise<HubSpotAnswer>;
  read(request: ReadRequest): Promise<HubSpotAnswer>;
  /** `GET /crm/v3/properties/{type}`; with `archived` those that were archived instead of the others. */
  properties(objectType: string, archived?: boolean): Promise<HubSpotAnswer>;
  /** `POST /crm/v3/properties/{type}/batch/create`, at most 100. */
  createProperties(objectType: string, properties: readonly NewProperty[]): Promise<HubSpotAnswer>;
  /** What the token may do: `POST /oauth/v2/private-apps/get/access-token-info` (private apps guide, read 2026-11). */
  tokenScopes(): Promise<HubSpotAnswer>;
  /** What an answer to `write` means for every input; pure. */
  judge(call: WriteCall, answer: HubSpotAnswer): Verdict;
  /** What an answer to `read` means for every id; pure. */
  judgeRead(request: ReadRequest, answer: HubSpotAnswer): ReadVerdict;
  /**
   * Compares what a record holds with what was sent: null when every sent property is there, in a form that HubSpot is
   * known to give it; else the outcome that says which is not.
   */
  unconfirmed(
    sent: Readonly<Record<string, string>>,
    held: Readonly<Record<string, string | null>>,
  ): Outcome | null;
}
