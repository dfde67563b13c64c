/**
 * Every error that Tailrace itself raises, by a stable code.
 *
 * `transient` codes are worth another try of the same step without any change from outside; the compiled
 * flow's `retry_if` lists exactly these; that of settle leaves out those about HubSpot.
 */
export const ERROR_CODES = {
  RETL_CONFIG: { transient: false },
  RETL_NOT_MIGRATED: { transient: false },
  RETL_BUSY: { transient: false },
  RETL_LEASE_LOST: { transient: false },
  RETL_SYNC_CHANGED: { transient: false },
  RETL_RUN_SETTLED: { transient: false },
  RETL_SOURCE_COLUMN: { transient: false },
  RETL_SOURCE_MISSING: { transient: false },
  RETL_HELD_EMPTY_SOURCE: { transient: false },
  RETL_HELD_REMOVED_ROWS: { transient: false },
  RETL_HELD_CHANGED_ROWS: { transient: false },
  RETL_HELD_STATE_LOST: { transient: false },
  RETL_HELD_EMPTY_SUPPRESSIONS: { transient: false },
  RETL_HELD_SUPPRESSED_ROWS: { transient: false },
  RETL_APPROVAL_UNKNOWN: { transient: false },
  RETL_PLAN_CHANGED: { transient: false },
  RETL_COUNTS_DIFFER: { transient: false },
  RETL_WAREHOUSE_KIND: { transient: false },
  RETL_WAREHOUSE_REFUSED: { transient: false },
  RETL_WAREHOUSE_UNAUTHORIZED: { transient: false },
  RETL_WAREHOUSE_LOCKED: { transient: true },
  RETL_WAREHOUSE_CONFLICT: { transient: true },
  RETL_WAREHOUSE_UNAVAILABLE: { transient: true },
  RETL_HUBSPOT_HOST: { transient: false },
  RETL_HUBSPOT_UNAUTHORIZED: { transient: false },
  RETL_HUBSPOT_FORBIDDEN: { transient: false },
  RETL_HUBSPOT_REFUSED: { transient: false },
  RETL_HUBSPOT_MAPPING: { transient: false },
  RETL_HUBSPOT_UNREACHABLE: { transient: true },
  RETL_DBT_FAILED: { transient: false },
  RETL_DBT_REFUSED: { transient: false },
  RETL_DBT_TIMEOUT: { transient: false },
  RETL_DBT_UNAVAILABLE: { transient: true },
  RETL_WINDMILL_UNAVAILABLE: { transient: true },
  RETL_BATCH_LOST: { transient: false },
  RETL_HELD_REMOVED_ASSOCIATIONS: { transient: false },
  RETL_ASSOCIATION_LABEL: { transient: false },
} as const satisfies Record<string, { transient: boolean }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorParts {
  /** What happened, and to which thing. */
  readonly what: string;
  /** In what state everything now is. */
  readonly state: string;
  /** What to do next. */
  readonly next: string;
  /** Machine-readable facts beside the message; Windmill shows own properties of an error under `extra`. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * An error that says what happened, to which thing, in what state everything now is and what to do next.
 * It keeps no `cause`: Windmill stores every own property of an error, and a client's error may carry the request with its token.
 * Its `name` is its code, because Windmill hands a step's error on as `{ name, message }`; as text it starts with the code.
 */
export class RetlError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, parts: ErrorParts) {
    super(`${parts.what} ${parts.state} ${parts.next}`);
    this.name = code;
    this.code = code;
    this.details = parts.details ?? {};
  }
}

export const TRANSIENT_CODES: readonly ErrorCode[] = (Object.keys(ERROR_CODES) as ErrorCode[]).filter(
  (code) => ERROR_CODES[code].transient,
);

/** Compares codes instead of classes, because two bundles of this file have two classes. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}

/** A sentence of somebody else's as a part of one of ours, which has a full stop of its own. */
export function withoutFullStop(sentence: string): string {
  return sentence.replace(/[\s.]+$/, "");
}
