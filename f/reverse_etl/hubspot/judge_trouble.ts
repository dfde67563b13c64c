import type { FailureCode } from "../sync/failure_codes.ts";
import type { Outcome } from "../sync/outcome.ts";
import type { ErrorObject } from "./answer_body.ts";
import { limitName } from "./limit_answer.ts";

/** Limits, as HubSpot names them beside an error (recorded answers have `RATE_LIMITS` and `RATE_LIMIT`). */
const LIMIT = /^RATE_?LIMIT/;
const OWN_TROUBLE = /^(INTERNAL|SERVER|SERVICE)_|(^|_)(TIMEOUT|GATEWAY)(_|$)/;

/**
 * What an error that names a row means when it is HubSpot's word on the call and no no to the row: a limit was not applied, HubSpot's
 * own trouble may have been. Null for every other error.
 */
export function troubleOf(error: ErrorObject | null): Outcome | null {
  if (error === null) return null;
  const words = [error.category ?? "", error.code ?? ""];
  if (words.some((word) => LIMIT.test(word))) return { kind: "deferred", code: limitName(error) };
  return words.some((word) => OWN_TROUBLE.test(word))
    ? { kind: "unknown", code: "INTERNAL_ERROR" satisfies FailureCode }
    : null;
}
