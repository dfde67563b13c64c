import type { FailureCode } from "../sync/failure_codes.ts";
import type { HubSpotAnswer, WriteCall, WriteInput } from "../sync/hubspot_port.ts";
import { NO_RECORD, type Outcome } from "../sync/outcome.ts";
import type { NamedRecord, Verdict } from "../sync/verdict.ts";
import type { AnswerBody, ErrorObject, ResultRow } from "./answer_body.ts";
import { unconfirmed } from "./echoed_value.ts";
import { errorFact } from "./error_fact.ts";
import { judgeStatus } from "./judge_status.ts";
import { troubleOf } from "./judge_trouble.ts";
import { indexRows, type RowIndex } from "./match_rows.ts";

const NOT_ECHOED: FailureCode = "VALUE_NOT_ECHOED";

/**
 * What an answer means for every input of its call.
 *
 * A row is acknowledged only when the answer names it and confirms its values, and rejected only when an error names it; a
 * row that the answer does not account for is unknown. Counts (`numErrors`, the number of results) confirm nothing.
 */
export function judge(call: WriteCall, answer: HubSpotAnswer): Verdict {
  const told = judgeStatus(answer, () => call.inputs.flatMap((input) => Object.values(rowValues(input))));
  if (told.kind === "wait" && told.applied === "maybe" && call.action === "create") {
    return { kind: "read_back", code: told.code };
  }
  if (told.kind === "refused") return judgeRefusal(call, told.status, told.body);
  if (told.kind !== "accepted") return told;
  if (call.action === "archive" && told.status === 204) {
    return { kind: "settle", outcomes: call.inputs.map((input) => acknowledged(input.id ?? null, null)) };
  }
  return judgeRows(call, told.body);
}

/** A 2xx, whatever its number: some versions put errors into a plain 200, and a 207 may have none. */
function judgeRows(call: WriteCall, body: AnswerBody): Verdict {
  const rows = indexRows(call);
  const unread = new Map<number, NamedRecord>();
  const confirmed = new Map<number, Outcome[]>();
  for (const result of body.results) {
    const index = body.isSingleRecord && call.inputs.length === 1 ? 0 : rows.ofResult(result);
    const input = index === null ? undefined : call.inputs[index];
    if (index === null || input === undefined) continue;
    const outcome = confirmation(call, input, result, body);
    if (outcome.kind === "unknown" && outcome.code === NOT_ECHOED && result.id !== null) {
      unread.set(index, { hubspotId: result.id, created: result.created });
    }
    confirmed.set(index, [...(confirmed.get(index) ?? []), outcome]);
  }
  const errors = body.error?.inner ?? [];
  const unnamed = errors.filter((error) => rows.ofError(error).length === 0);
  const refused = refusalsByRow(call, errors, rows, null);
  const outcomes = call.inputs.map((_, index) => {
    const confirmations = confirmed.get(index) ?? [];
    const refusal = refused.get(index);
    const first = confirmations[0];
    if (first === undefined) return refusal ?? unaccounted(call, unnamed);
    if (refusal !== undefined) return unknown("CONTRADICTORY_ANSWER");
    return confirmations.every((other) => sameOutcome(first, other))
      ? first
      : unknown("CONTRADICTORY_ANSWER");
  });
  return { kind: "settle", outcomes, unread };
}

/** What an answer leaves open about a row that neither a result nor an error names. */
function unaccounted(call: WriteCall, unnamed: readonly ErrorObject[]): Outcome {
  const [error] = unnamed;
  if (error === undefined) return unknown("NOT_ACCOUNTED_FOR");
  const only = call.inputs.length === 1 ? call.inputs[0] : undefined;
  return only === undefined ? unknown("UNNAMED_REFUSAL") : rowOutcome(call, error, null, only);
}

function confirmation(call: WriteCall, input: WriteInput, result: ResultRow, body: AnswerBody): Outcome {
  if (body.status !== null && body.status !== "COMPLETE") return unknown("NOT_COMPLETE");
  const problem = call.action === "archive" ? null : unconfirmed(input.properties, result.properties);
  return problem ?? acknowledged(result.id, result.created);
}

/** A refusal of the whole call: nothing was written. */
function judgeRefusal(call: WriteCall, status: number, body: AnswerBody): Verdict {
  const only = call.inputs.length === 1 ? call.inputs[0] : undefined;
  if (only !== undefined) return { kind: "settle", outcomes: [rowOutcome(call, body.error, status, only)] };
  const { code } = errorFact(body.error, status, {});
  const errors = body.error === null ? [] : [body.error, ...body.error.inner];
  const named = refusalsByRow(call, errors, indexRows(call), status);
  const outcomes = call.inputs.map((_, index) => named.get(index) ?? null);
  // An error that lists every row has listed the call, not the culprits.
  const namesAll = outcomes.every((outcome) => outcome !== null);
  return { kind: "split", code, outcomes: namesAll ? call.inputs.map(() => null) : outcomes };
}

function refusalsByRow(
  call: WriteCall,
  errors: readonly ErrorObject[],
  rows: RowIndex,
  status: number | null,
): ReadonlyMap<number, Outcome> {
  const refused = new Map<number, Outcome>();
  for (const error of errors) {
    for (const index of rows.ofError(error)) {
      const input = call.inputs[index];
      if (input !== undefined && !refused.has(index))
        refused.set(index, rowOutcome(call, error, status, input));
    }
  }
  return refused;
}

/** An error that names a row is HubSpot's no to it, unless it tells of the call. */
function rowOutcome(
  call: WriteCall,
  error: ErrorObject | null,
  status: number | null,
  input: WriteInput,
): Outcome {
  return troubleOf(error) ?? rejected(call, error, status, input);
}

function rejected(
  call: WriteCall,
  error: ErrorObject | null,
  status: number | null,
  input: WriteInput,
): Outcome {
  const fact = errorFact(error, status, rowValues(input));
  if (fact.code === "OBJECT_NOT_FOUND" && input.idProperty === undefined) {
    // What is to be archived and is not there needs nothing more; the id of an update must be a record's.
    if (call.action === "archive") return acknowledged(input.id ?? null, null);
    if (call.action === "update") return NO_RECORD;
  }
  const existing = fact.code === "CONFLICT" && error !== null ? existingId(error) : null;
  if (existing === null) return { kind: "rejected", ...fact };
  const message = `a record that has a value which must be unique exists already, with the record id ${existing}`;
  return { kind: "rejected", ...fact, message };
}

/** The record in the way of a write; an id of HubSpot's own is no value of the row. */
function existingId(error: ErrorObject): string | null {
  const id = error.context.existingId?.[0] ?? /Existing ID: (\d+)/.exec(error.message)?.[1] ?? "";
  return /^\d{1,20}$/.test(id) ? id : null;
}

/** The key counts as a value of the row: HubSpot repeats it in its sentences, too. */
function rowValues(input: WriteInput): Readonly<Record<string, string>> {
  return input.id === undefined
    ? input.properties
    : { [input.idProperty ?? "hs_object_id"]: input.id, ...input.properties };
}

function acknowledged(hubspotId: string | null, created: boolean | null): Outcome {
  return { kind: "acknowledged", hubspotId, ...(created === null ? {} : { created }) };
}

function unknown(code: FailureCode): Outcome {
  return { kind: "unknown", code };
}

function sameOutcome(a: Outcome, b: Outcome): boolean {
  return (
    a.kind === b.kind &&
    (a.kind !== "acknowledged" || b.kind !== "acknowledged" || a.hubspotId === b.hubspotId)
  );
}
