/**
 * What a failure is about.
 *
 * - `row`: one source row; its neighbours are not touched.
 * - `batch`: one call; what it carried goes out again.
 * - `systemic`: every call alike; the push ends at once and everything is kept.
 */
export type FailureClass = "row" | "batch" | "systemic";

export interface Failure {
  readonly class: FailureClass;
  /** What happened. */
  readonly means: string;
  /** What becomes of the rows. */
  readonly rows: string;
  /** What a person can do about it. */
  readonly next: string;
}

const REJECTED = "rejected";
const IN_DOUBT = "unknown";
const READ_BACK = "read back, else unknown";
const WAITS = "sent again after a pause, else deferred";
const AGAIN = "sent again whole, else unknown";
const KEPT = "deferred";

function failures<C extends string>(
  kind: FailureClass,
  listed: Readonly<Record<C, readonly [means: string, rows: string, next: string]>>,
): Readonly<Record<C, Failure>> {
  const entries = Object.entries<readonly [string, string, string]>(listed);
  return Object.fromEntries(
    entries.map(([code, [means, rows, next]]) => [code, { class: kind, means, rows, next }]),
  ) as Record<C, Failure>;
}

/** Codes of HubSpot's own that its documentation or recorded answers show; it may send others, which count as a row's, too. */
export const HUBSPOT_CODES = failures("row", {
  INVALID_OPTION: [
    "the property has no such option",
    REJECTED,
    "Add the option in HubSpot, or correct the source.",
  ],
  INVALID_EMAIL: ["no valid address", REJECTED, "Correct the source."],
  INVALID_DATE: [
    "not a day, or not midnight UTC; a date or time outside the years 1 to 9999 is refused",
    "rejected, or refused before it is sent",
    "Correct the model.",
  ],
  INVALID_INTEGER: [
    "not a number; a float without an exact text (NaN, infinite, 1e20 and more) is refused",
    "rejected, or refused before it is sent",
    "Correct the model.",
  ],
  INVALID_LONG: ["not a point in time", REJECTED, "Correct the model."],
  PROPERTY_VALUE_TOO_LONG: [
    "longer than HubSpot keeps",
    "rejected, or refused before it is sent",
    "Shorten it in the model.",
  ],
  PROPERTY_DOESNT_EXIST: [
    "the property went away during the run",
    "rejected; eight in a row end the push",
    "Restore it, or remove the mapping.",
  ],
  READ_ONLY_VALUE: [
    "the property became read-only during the run",
    "rejected; eight in a row end the push",
    "Remove the mapping.",
  ],
  CONFLICT: [
    "another record has a value that must be unique; the message names its record id",
    REJECTED,
    "Merge the two records, or correct the source.",
  ],
  OBJECT_NOT_FOUND: [
    "no record has this record id or unique value: it was deleted, or never existed",
    "rejected; a removed row counts as done",
    "Restore the record in HubSpot, or remove the row.",
  ],
  VALIDATION_ERROR: [
    "HubSpot says no without an exact code: a required property that is not set, for one",
    REJECTED,
    "Read the message; map the property that it names, or look at its rules in HubSpot.",
  ],
});

/** Codes that Tailrace gives to what became of a row or a call. */
export const FAILURES = {
  ...failures("row", {
    MISSING_ID: ["the source row has no id", "refused before anything is sent", "Correct the source."],
    DUPLICATE_ID: ["several source rows have this id", "all of them refused", "Correct the source."],
    CONTROL_CHARACTER: [
      "a text or the id has a control character other than tab and line break",
      "refused before anything is sent",
      "Remove it in the model.",
    ],
    VALUE_NOT_TAKEN: [
      "HubSpot answered success and holds another value",
      "rejected, and in doubt",
      "See whether HubSpot has a rule for the property (a lifecycle stage only goes forward).",
    ],
    MERGED_AWAY: [
      "the record was merged into another one, which the message names",
      REJECTED,
      "Use the other record's id, or remove the row.",
    ],
    SAME_RECORD: [
      "HubSpot keeps two source rows in one record",
      "rejected, all of them, and in doubt",
      "Remove one of the rows; two addresses of one contact are one record.",
    ],
    HTTP_STATUS: [
      "`HTTP_500` and the like: the row, sent alone, is refused without a reason or makes HubSpot fail while it takes others",
      "rejected; in doubt where HubSpot failed",
      "Look at the row's values; report it to HubSpot.",
    ],
    NOT_ACCOUNTED_FOR: [
      "a success that does not name the row",
      IN_DOUBT,
      "Nothing; three such calls in a row end the push.",
    ],
    UNNAMED_REFUSAL: [
      "a refusal that does not name its row",
      "each row that was left out goes out alone",
      "Nothing.",
    ],
    INTERNAL_ERROR: [
      "an error of HubSpot's own, a time-out or the like, that names the row",
      IN_DOUBT,
      "Nothing.",
    ],
    VALUE_NOT_ECHOED: ["a success that does not show a value that was sent", READ_BACK, "Nothing."],
    CONTRADICTORY_ANSWER: ["an answer that both takes and refuses the row", IN_DOUBT, "Nothing."],
    NOT_COMPLETE: ["an answer that is not final", IN_DOUBT, "Nothing."],
    NOT_READ_BACK: ["a read that does not say what became of the row", IN_DOUBT, "Nothing."],
    CREATE_UNKNOWN: [
      "a create without a unique property to read it back by",
      IN_DOUBT,
      "Look the row up in HubSpot.",
    ],
    UNKNOWN_ERROR: [
      "a refusal without any code",
      REJECTED,
      "Read the message; look at the record in HubSpot.",
    ],
    RECORD_RECREATED: [
      "an upsert made a record that should have existed",
      "sent again with all properties",
      "Nothing.",
    ],
  }),
  ...failures("batch", {
    TEN_SECONDLY: [
      "the burst limit",
      WAITS,
      "Nothing; lower `rate.calls` if another application shares the token.",
    ],
    SECONDLY: ["the limit of a second", WAITS, "Nothing."],
    RATE_LIMIT: ["a limit without a name", WAITS, "Nothing."],
    LOCKED: ["423: HubSpot works on the records", WAITS, "Nothing."],
    MIGRATION: ["477: HubSpot moves the account", WAITS, "Nothing."],
    TIMEOUT: ["no answer in time", AGAIN, "Nothing."],
    CONNECTION_LOST: ["the connection broke off", AGAIN, "Nothing."],
    SERVER_ERROR: [
      "`HTTP_408`, `HTTP_425`, `HTTP_5xx`: a server error",
      "sent again, then smaller; 425: deferred",
      "Nothing.",
    ],
  }),
  ...failures("systemic", {
    DAILY_RESERVE: [
      "what is left of the day's calls is kept for other applications",
      KEPT,
      "Nothing: the next run goes on, the longest waiting rows first.",
    ],
    DAILY: ["the daily limit", KEPT, "Nothing: the next run goes on, the longest waiting rows first."],
    NOT_CONNECTED: [
      "HubSpot cannot be reached at all",
      KEPT,
      "Look at the network and at the resource's `base_url`.",
    ],
    NO_ANSWER: ["no call of the push was ever answered", KEPT, "Look at HubSpot's status page; run again."],
    MOST_CALLS_FAILED: [
      "most calls came to nothing for `outage_seconds`",
      KEPT,
      "Look at HubSpot's status page; run again.",
    ],
    NOT_SENT: ["the push ended before the row's turn", KEPT, "Nothing: the next run sends it."],
    RETL_HUBSPOT_UNAUTHORIZED: [
      "401: the token is unknown or has expired",
      KEPT,
      "Store a valid token; run again.",
    ],
    RETL_HUBSPOT_FORBIDDEN: [
      "403: a scope is missing, or the account is suspended",
      KEPT,
      "Grant the scope; run again.",
    ],
    RETL_HUBSPOT_REFUSED: [
      "an unknown object type, a key that is not unique, a redirect, 402, or every row refused alike",
      KEPT,
      "Correct what the message names; run again.",
    ],
    RETL_HUBSPOT_UNREACHABLE: [
      "server errors or silence for `outage_seconds`, or answers about nothing",
      KEPT,
      "Run again later.",
    ],
  }),
} as const satisfies Record<string, Failure>;

/** A code of Tailrace's own. Those of HTTP statuses are written `HTTP_<status>` where they occur. */
export type FailureCode = Exclude<keyof typeof FAILURES, "HTTP_STATUS" | "SERVER_ERROR"> | `HTTP_${number}`;

/** The entry of a code; null for one that only HubSpot knows. */
export function failureOf(code: string): Failure | null {
  const known: Readonly<Record<string, Failure>> = { ...HUBSPOT_CODES, ...FAILURES };
  if (Object.hasOwn(known, code)) return known[code] ?? null;
  if (/^HTTP_(408|425|5\d\d)$/.test(code)) return FAILURES.SERVER_ERROR;
  return /^HTTP_\d{3}$/.test(code) ? FAILURES.HTTP_STATUS : null;
}

/** Refusals that a changed property definition can end, beside every other code of HubSpot's that begins with INVALID. */
export const JUDGED_BY_DEFINITION: readonly string[] = [
  "INVALID_OPTION",
  "INVALID_DATE",
  "INVALID_INTEGER",
  "INVALID_LONG",
  "PROPERTY_VALUE_TOO_LONG",
  "PROPERTY_DOESNT_EXIST",
  "READ_ONLY_VALUE",
  "VALUE_NOT_TAKEN",
  "VALIDATION_ERROR",
];

/** Refusals of a property whatever its value: true of every row that has it. */
export const ABOUT_THE_PROPERTY: ReadonlySet<string> = new Set(["PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"]);
