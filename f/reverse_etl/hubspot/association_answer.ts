import type { AssociationCall, AssociationVerdict, RecordPair } from "../sync/association_port.ts";
import type { HubSpotAnswer } from "../sync/hubspot_port.ts";
import type { Outcome } from "../sync/outcome.ts";
import { asList, asObject, asText, type ErrorObject, parseJson } from "./answer_body.ts";
import { errorFact } from "./error_fact.ts";
import { judgeStatus } from "./judge_status.ts";
import { troubleOf } from "./judge_trouble.ts";

/** An answer accounts for some pairs and names an error that it ties to none: the others are asked for again, in smaller calls. */
const UNNAMED_REFUSAL = "UNNAMED_REFUSAL";

/**
 * What an answer to a batch of associations means for each pair. Creating is acknowledged by a result for the very pair, with the label where
 * the answer shows labels; taking away by the 204 that HubSpot answers it with, or by its word that the batch is complete. What is not
 * there needs no taking away.
 */
export function judgeAssociations(call: AssociationCall, answer: HubSpotAnswer): AssociationVerdict {
  const told = judgeStatus(answer, () => call.pairs.flatMap(({ from, to }) => [from, to]));
  if (told.kind === "refused") return refused(call, told.status, told.body.error);
  if (told.kind !== "accepted") return told;
  const body = asObject(answer.kind === "answered" ? parseJson(answer.body) : null);
  const errors = told.body.error?.inner ?? [];
  // Any other 2xx without HubSpot's word may be a proxy's.
  const isDone = told.status === 204 || told.body.status === "COMPLETE";
  const confirmed =
    call.action === "create"
      ? confirmedPairs(call.type.label, asList(body?.results))
      : new Map(isDone ? call.pairs.map((pair) => [keyOf(pair), "yes"]) : []);
  const named = refusalsByPair(call, errors, null);
  const unnamed = errors.filter((error) => !call.pairs.some((pair) => isNamed(error, pair)));
  const open =
    told.body.status === null || told.body.status === "COMPLETE" ? "NOT_ACCOUNTED_FOR" : "NOT_COMPLETE";
  const outcomes = call.pairs.map((pair): Outcome => {
    const confirmation = confirmed.get(keyOf(pair));
    const refusal = named.get(keyOf(pair));
    if (call.action !== "create" && refusal !== undefined) return refusal;
    if (confirmation !== undefined && refusal !== undefined) return unknown("CONTRADICTORY_ANSWER");
    if (confirmation === "other_label") return unknown("LABEL_NOT_CONFIRMED");
    if (confirmation !== undefined) return { kind: "acknowledged", hubspotId: null };
    return refusal ?? unknown(unnamed.length > 0 ? UNNAMED_REFUSAL : open);
  });
  const [error] = unnamed;
  if (error === undefined || outcomes.every((outcome) => !isUnnamed(outcome)))
    return { kind: "settle", outcomes };
  const [only] = call.pairs;
  if (call.pairs.length === 1 && only !== undefined)
    return { kind: "settle", outcomes: [refusal(call, error, null, only)] };
  return {
    kind: "split",
    code: UNNAMED_REFUSAL,
    outcomes: outcomes.map((outcome) => (isUnnamed(outcome) ? null : outcome)),
  };
}

function isUnnamed(outcome: Outcome): boolean {
  return outcome.kind === "unknown" && outcome.code === UNNAMED_REFUSAL;
}

/** A refusal of the whole call: nothing was applied. */
function refused(call: AssociationCall, status: number, error: ErrorObject | null): AssociationVerdict {
  const [only] = call.pairs;
  if (call.pairs.length === 1 && only !== undefined) {
    return { kind: "settle", outcomes: [refusal(call, error, status, only)] };
  }
  const named = refusalsByPair(call, error === null ? [] : [error, ...error.inner], status);
  const outcomes = call.pairs.map((pair) => named.get(keyOf(pair)) ?? null);
  // An error that lists every pair has listed the call, not the culprits.
  const namesAll = outcomes.every((outcome) => outcome !== null);
  const { code } = errorFact(error, status, {});
  return { kind: "split", code, outcomes: namesAll ? call.pairs.map(() => null) : outcomes };
}

/** The pairs that results name, and whether they show another label than the one that was set. */
function confirmedPairs(
  label: string | null,
  results: readonly unknown[],
): ReadonlyMap<string, "yes" | "other_label"> {
  const confirmed = new Map<string, "yes" | "other_label">();
  for (const value of results) {
    const result = asObject(value);
    const from = asText(result?.fromObjectId) ?? asText(asObject(result?.from)?.id);
    const to = asText(result?.toObjectId) ?? asText(asObject(result?.to)?.id);
    if (from === null || to === null) continue;
    const labels = asList(result?.labels).map(asText);
    const isOther = label !== null && labels.length > 0 && !labels.includes(label);
    const key = keyOf({ from, to });
    if (!isOther || !confirmed.has(key)) confirmed.set(key, isOther ? "other_label" : "yes");
  }
  return confirmed;
}

function refusalsByPair(
  call: AssociationCall,
  errors: readonly ErrorObject[],
  status: number | null,
): ReadonlyMap<string, Outcome> {
  const refusals = new Map<string, Outcome>();
  for (const error of errors) {
    for (const pair of call.pairs) {
      if (isNamed(error, pair) && !refusals.has(keyOf(pair))) {
        refusals.set(keyOf(pair), refusal(call, error, status, pair));
      }
    }
  }
  return refusals;
}

/** An error names one side of a pair, both, or a list of ids; where it names both sides, both must be the pair's. */
function isNamed({ context }: ErrorObject, pair: RecordPair): boolean {
  const from = context.fromObjectId ?? [];
  const to = context.toObjectId ?? [];
  if (from.length > 0 || to.length > 0) {
    return (from.length === 0 || from.includes(pair.from)) && (to.length === 0 || to.includes(pair.to));
  }
  const ids = [...(context.ids ?? []), ...(context.id ?? []), ...(context.objectId ?? [])];
  return ids.includes(pair.from) || ids.includes(pair.to);
}

function refusal(
  call: AssociationCall,
  error: ErrorObject | null,
  status: number | null,
  pair: RecordPair,
): Outcome {
  const trouble = troubleOf(error);
  if (trouble !== null) return trouble;
  const fact = errorFact(error, status, { from: pair.from, to: pair.to });
  const isGone = fact.code === "OBJECT_NOT_FOUND" || error?.category === "OBJECT_NOT_FOUND";
  if (call.action !== "create" && isGone) return { kind: "acknowledged", hubspotId: null };
  return { kind: "rejected", code: fact.code, property: null, message: fact.message };
}

function unknown(code: string): Outcome {
  return { kind: "unknown", code };
}

function keyOf({ from, to }: RecordPair): string {
  return `${from} ${to}`;
}
