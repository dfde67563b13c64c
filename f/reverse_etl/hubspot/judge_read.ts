import type { HubSpotAnswer, ReadRequest, WriteCall } from "../sync/hubspot_port.ts";
import type { ReadBack, ReadVerdict } from "../sync/verdict.ts";
import type { ResultRow } from "./answer_body.ts";
import { judgeStatus } from "./judge_status.ts";
import { indexRows } from "./match_rows.ts";

const NOT_FOUND = "OBJECT_NOT_FOUND";

/**
 * What a batch read tells about each id. Absence is known only when HubSpot says "not found" of that id, or of the whole
 * request; an id that is merely missing is unknown, because creating it now could double the record.
 *
 * A read by the id of a merged-away record shows the record that it went into, under that record's own id; that record lists the
 * ids that it took over where `hs_merged_object_ids` was asked for.
 */
export function judgeRead(request: ReadRequest, answer: HubSpotAnswer): ReadVerdict {
  const told = judgeStatus(answer, () => request.ids);
  if (told.kind !== "accepted" && told.kind !== "refused") return told;
  const rows = indexRows(asCall(request));
  const found = new Map<number, ReadBack>();
  const results = told.kind === "accepted" ? told.body.results : [];
  const foreign: ResultRow[] = [];
  for (const result of results) {
    const index = rows.ofResult(result);
    if (result.id === null) continue;
    if (index === null) foreign.push(result);
    else found.set(index, { kind: "found", hubspotId: result.id, properties: result.properties });
  }
  const whole = told.body.error;
  const errors = [...(told.kind === "refused" && whole !== null ? [whole] : []), ...(whole?.inner ?? [])];
  const notFound = errors.filter((error) => error.category === NOT_FOUND);
  const absent = new Set(notFound.flatMap((error) => rows.ofError(error)));
  const allAbsent = told.kind === "refused" && whole?.category === NOT_FOUND && absent.size === 0;
  const winners = request.idProperty === null ? winnersByLoser(results) : new Map<string, string>();
  const open = request.ids.filter((_, index) => !found.has(index) && !absent.has(index));
  const [only] = foreign;
  // The one id that is left and the one record that nobody asked for belong together, whatever that record lists.
  if (request.idProperty === null && open.length === 1 && foreign.length === 1 && only?.id != null) {
    for (const id of open) winners.set(id, only.id);
  }
  return {
    kind: "settle",
    rows: request.ids.map((id, index): ReadBack => {
      const record = found.get(index);
      if (record !== undefined) return absent.has(index) ? { kind: "unknown" } : record;
      if (absent.has(index) || allAbsent) return { kind: "absent" };
      const winnerId = winners.get(id);
      return winnerId === undefined ? { kind: "unknown" } : { kind: "merged", winnerId };
    }),
  };
}

function winnersByLoser(results: readonly ResultRow[]): Map<string, string> {
  const winners = new Map<string, string>();
  for (const { id, properties } of results) {
    if (id === null) continue;
    // Contacts list them with the time of the merge, `12:1599…;13:1600…`, in a property of their own.
    const listed = [properties.hs_merged_object_ids, properties.hs_calculated_merged_vids];
    for (const loser of listed.flatMap((ids) => (ids ?? "").split(";"))) {
      const loserId = loser.split(":")[0]?.trim() ?? "";
      if (loserId !== "") winners.set(loserId, id);
    }
  }
  return winners;
}

function asCall(request: ReadRequest): WriteCall {
  return {
    objectType: request.objectType,
    action: "update",
    inputs: request.ids.map((id, index) => ({
      traceId: `read-${index}`,
      id,
      ...(request.idProperty === null ? {} : { idProperty: request.idProperty }),
      properties: {},
    })),
  };
}
