import type {
  AssociatedRecords,
  AssociationRead,
  AssociationReadVerdict,
  AssociationType,
  LabelsVerdict,
} from "../sync/association_port.ts";
import type { HubSpotAnswer } from "../sync/hubspot_port.ts";
import { asList, asObject, asText, parseJson } from "./answer_body.ts";
import { errorFact } from "./error_fact.ts";
import { judgeStatus } from "./judge_status.ts";

const NOT_FOUND = "OBJECT_NOT_FOUND";

/** What a batch read tells of each record. Nothing is associated only where HubSpot says so of this very record. */
export function judgeAssociated(request: AssociationRead, answer: HubSpotAnswer): AssociationReadVerdict {
  const told = judgeStatus(answer, () => request.inputs.map(({ id }) => id));
  if (told.kind !== "accepted" && told.kind !== "refused") return told;
  const body = asObject(answer.kind === "answered" ? parseJson(answer.body) : null);
  const whole = told.body.error;
  const errors = [...(told.kind === "refused" && whole !== null ? [whole] : []), ...(whole?.inner ?? [])];
  const gone = errors.filter(({ category }) => category === NOT_FOUND).map(({ context }) => context);
  const none = new Set(gone.flatMap((context) => [...(context.fromObjectId ?? []), ...(context.ids ?? [])]));
  const allNone = told.kind === "refused" && whole?.category === NOT_FOUND && none.size === 0;
  const found = new Map<string, AssociatedRecords>();
  for (const value of told.kind === "accepted" ? asList(body?.results) : []) {
    const result = asObject(value);
    const id = asText(asObject(result?.from)?.id);
    if (result === null || id === null) continue;
    const types = new Map<string, AssociationType[]>();
    for (const entry of asList(result.to)) {
      const to = asText(asObject(entry)?.toObjectId);
      if (to !== null) types.set(to, typesIn(asList(asObject(entry)?.associationTypes)));
    }
    const after = asText(asObject(asObject(result.paging)?.next)?.after);
    found.set(id, { kind: "found", types, after });
  }
  return {
    kind: "settle",
    records: request.inputs.map(({ id }): AssociatedRecords => {
      const records = found.get(id);
      if (records !== undefined) return none.has(id) ? { kind: "unknown" } : records;
      return none.has(id) || allNone ? { kind: "none" } : { kind: "unknown" };
    }),
  };
}

/** The kinds of association between two object types, in one direction. A refusal is true of every association alike. */
export function judgeAssociationLabels(answer: HubSpotAnswer): LabelsVerdict {
  const told = judgeStatus(answer);
  if (told.kind === "refused") {
    const { code, message } = errorFact(told.body.error, told.status, {});
    return { kind: "stop", stop: { code: "RETL_HUBSPOT_REFUSED", reason: code, message } };
  }
  if (told.kind !== "accepted") return told;
  const body = asObject(answer.kind === "answered" ? parseJson(answer.body) : null);
  if (Array.isArray(body?.results)) return { kind: "settle", types: typesIn(body.results) };
  return { kind: "wait", seconds: 1, atLeast: false, applied: "no", limited: false, code: "NO_LABELS" };
}

function typesIn(values: readonly unknown[]): AssociationType[] {
  return values.flatMap((value) => {
    const type = asObject(value);
    const category = asText(type?.category);
    const typeId = asText(type?.typeId);
    return category === null || typeId === null ? [] : [{ category, typeId, label: asText(type?.label) }];
  });
}
