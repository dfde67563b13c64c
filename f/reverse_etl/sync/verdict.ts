import type { Outcome } from "./outcome.ts";

/** What stops a push: the same for every further call, whatever the row. */
export interface Stop {
  readonly code:
    | "RETL_HUBSPOT_UNAUTHORIZED"
    | "RETL_HUBSPOT_FORBIDDEN"
    | "RETL_HUBSPOT_REFUSED"
    | "RETL_HUBSPOT_UNREACHABLE";
  /** HubSpot's own code (`EXPIRED_AUTHENTICATION`), else `HTTP_<status>`. */
  readonly reason: string;
  /** What HubSpot said, scrubbed of values. */
  readonly message: string;
}

/** Codes of a failure that smaller calls may get past: a row that HubSpot cannot digest. */
export const SERVER_ERROR = /^HTTP_5\d\d$/;

/** A longer pause than this is not waited for: it is HubSpot's word on every call. */
export const LONGEST_WAIT_SECONDS = 120;

/** The same call, or none, may be sent after a pause. */
export interface Wait {
  readonly kind: "wait";
  readonly seconds: number;
  /** True when HubSpot named or documents the pause; false when `seconds` is only the base of a backoff. */
  readonly atLeast: boolean;
  /** `no`: certainly not applied. `maybe`: the request may have been applied or may still be. */
  readonly applied: "no" | "maybe";
  /** True for a 429. */
  readonly limited: boolean;
  readonly code: string;
}

/** Whether a wait that used up its tries is HubSpot's word on every call: a limit, a lock or a migration, and no trouble of this one. */
export function holdsForEveryCall({ limited, code }: Wait): boolean {
  return limited || code === "LOCKED" || code === "MIGRATION";
}

/** Whether HubSpot named the pause of a call that it certainly did not apply: no trouble, then, but something to be waited for. */
export function isForeseen({ limited, atLeast, applied }: Wait): boolean {
  return limited || (atLeast && applied === "no");
}

/** Nothing more today: a daily limit. Certainly not applied. */
export interface Defer {
  readonly kind: "defer";
  readonly code: string;
}

export interface StopVerdict {
  readonly kind: "stop";
  readonly stop: Stop;
}

/** The record that an answer named for an input whose values it did not all show. */
export interface NamedRecord {
  readonly hubspotId: string;
  /** What HubSpot said about an upsert: true when it made the record. Null when it said nothing. */
  readonly created: boolean | null;
}

/** What an answer to a write call means for its inputs. */
export type Verdict =
  /**
   * One outcome per input, in the order of the inputs; `unread` has the records of those that are `VALUE_NOT_ECHOED`, by the
   * position of the input.
   */
  | {
      readonly kind: "settle";
      readonly outcomes: readonly Outcome[];
      readonly unread?: ReadonlyMap<number, NamedRecord>;
    }
  /**
   * Refused as a whole and certainly not applied. Inputs that the refusal names have their outcome; the others (null) are to be
   * sent again, in smaller calls when none is named. Only for calls of two inputs and more.
   */
  | { readonly kind: "split"; readonly code: string; readonly outcomes: readonly (Outcome | null)[] }
  /** A create that may have been applied: look each input up by its unique property before anything else. */
  | { readonly kind: "read_back"; readonly code: string }
  | Wait
  | Defer
  | StopVerdict;

/** What a batch read tells about one id. */
export type ReadBack =
  | {
      readonly kind: "found";
      readonly hubspotId: string;
      readonly properties: Readonly<Record<string, string | null>>;
    }
  /** The id was a record's that was merged into another one. */
  | { readonly kind: "merged"; readonly winnerId: string }
  | { readonly kind: "absent" }
  | { readonly kind: "unknown" };

/** What an answer to a read call means for its ids. */
export type ReadVerdict =
  | { readonly kind: "settle"; readonly rows: readonly ReadBack[] }
  | Wait
  | Defer
  | StopVerdict;
