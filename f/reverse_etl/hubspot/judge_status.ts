import type { FailureCode } from "../sync/failure_codes.ts";
import type { HubSpotAnswer } from "../sync/hubspot_port.ts";
import type { Defer, Stop, StopVerdict, Wait } from "../sync/verdict.ts";
import { type AnswerBody, parseAnswerBody } from "./answer_body.ts";
import { errorFact } from "./error_fact.ts";
import { limitAnswer, retryAfterSeconds } from "./limit_answer.ts";

/** An answer with rows in it. */
export interface Accepted {
  readonly kind: "accepted";
  readonly status: number;
  readonly body: AnswerBody;
}

/** A call that was refused, perhaps because of its rows; nothing of it was applied. */
export interface Refused {
  readonly kind: "refused";
  readonly status: number;
  readonly body: AnswerBody;
}

/** Refusals that smaller calls may get past: a row is at fault, or the size. */
const REFUSED_FOR_ITS_ROWS = new Set([400, 404, 409, 413, 422]);

/** Sentences of HubSpot that are true of every row alike (recorded answers; no code tells them apart). */
const TRUE_OF_EVERY_ROW = [
  /by non-unique \S+ property/i,
  /unable to infer object type/i,
  /(invalid|unknown) object type/i,
  /object type \S+ (does not exist|not found)/i,
];

const UNANSWERED = {
  timeout: "TIMEOUT",
  connection_lost: "CONNECTION_LOST",
  not_connected: "NOT_CONNECTED",
} as const satisfies Record<string, FailureCode>;

/** Seconds to wait before a call goes out again: documented for 423, chosen for the others. */
const LOCKED_SECONDS = 2;
const SERVER_ERROR_SECONDS = 1;
const GATEWAY_SECONDS = 2;
const MIGRATION_SECONDS = 60;

/**
 * What the status alone decides, for writes and reads alike: limits, locks, server errors, silence, and refusals that no
 * row is at fault for. Everything else is handed on with its body. `sentValues` is asked for when HubSpot's own words are to be repeated
 * without them.
 */
export function judgeStatus(
  answer: HubSpotAnswer,
  sentValues: () => readonly string[] = () => [],
): Accepted | Refused | Wait | Defer | StopVerdict {
  if (answer.kind === "unanswered") {
    return wait(UNANSWERED[answer.reason], SERVER_ERROR_SECONDS, false, answer.maybeApplied ? "maybe" : "no");
  }
  const { status, headers } = answer;
  const named = retryAfterSeconds(headers);
  const limit = limitAnswer(answer);
  if (limit?.kind === "daily") return { kind: "defer", code: limit.code };
  if (limit !== null)
    return { ...wait("RATE_LIMIT", limit.seconds, true, "no"), code: limit.code, limited: true };
  if (status === 423) return wait("LOCKED", named ?? LOCKED_SECONDS, true, "no");
  if (status === 477) return wait("MIGRATION", named ?? MIGRATION_SECONDS, true, "no");
  if (status === 408 || status === 425 || status >= 500) {
    const base = status === 500 || status < 500 ? SERVER_ERROR_SECONDS : GATEWAY_SECONDS;
    return wait(`HTTP_${status}`, named ?? base, named !== null, status === 425 ? "no" : "maybe");
  }
  const body = parseAnswerBody(answer.body);
  if (status >= 200 && status < 300) return { kind: "accepted", status, body };
  const sentence = body.error?.message ?? "";
  // A 404 that is not HubSpot's own means that the path is not there, for any row.
  const isForeign = status === 404 && body.error === null;
  const forItsRows =
    REFUSED_FOR_ITS_ROWS.has(status) && !isForeign && !TRUE_OF_EVERY_ROW.some((told) => told.test(sentence));
  return forItsRows
    ? { kind: "refused", status, body }
    : { kind: "stop", stop: stopOf(status, body, sentValues()) };
}

function wait(code: FailureCode, seconds: number, atLeast: boolean, applied: "no" | "maybe"): Wait {
  return { kind: "wait", seconds, atLeast, applied, limited: false, code };
}

function stopOf(status: number, body: AnswerBody, sentValues: readonly string[]): Stop {
  const sent = Object.fromEntries(sentValues.map((value, index) => [String(index), value]));
  const fact = errorFact(body.error, status, sent);
  const code =
    status === 401
      ? "RETL_HUBSPOT_UNAUTHORIZED"
      : status === 403
        ? "RETL_HUBSPOT_FORBIDDEN"
        : "RETL_HUBSPOT_REFUSED";
  return { code, reason: fact.code, message: fact.message };
}
