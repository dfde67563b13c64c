import type { HubSpotAnswer, ReadRequest, WriteCall } from "../sync/hubspot_port.ts";
import type { ReadBack, ReadVerdict } from "../sync/verdict.ts";
import { judgeStatus } from "./judge_status.ts";
import { indexRows } from "./match_rows.ts";

const NOT_FOUND = "OBJECT_NOT_FOUND";

/**
 * What a batch read tells about each id. Absence is known only when HubSpot says "not found" of that id, or of the whole
 * request; an id that is merely missing is unknown, because creating it now could double the record.
 */
export function judgeRead(request: ReadRequest, answer: HubSpotAnswer): ReadVerdict {
  const told = judgeStatus(answer, request.ids);
  if (told.kind !== "accepted" && told.kind !== "refused") return told;
  const rows = indexRows(asCall(request));
  const found = new Map<number, ReadBack>();
  if (told.kind === "accepted") {
    for (const result of told.body.results) {
      const index = rows.ofResult(result);
      if (index === null || result.id === null) continue;
      found.set(index, { kind: "found", hubspotId: result.id, properties: result.properties });
    }
  }
  const whole = told.body.error;
  const errors = [...(told.kind === "refused" && whole !== null ? [whole] : []), ...(whole?.inner ?? [])];
  const notFound = errors.filter((error) => error.category === NOT_FOUND);
  const absent = new Set(notFound.flatMap((error) => rows.ofError(error)));
  const allAbsent = told.kind === "refused" && whole?.category === NOT_FOUND && absent.size === 0;
  return {
    kind: "settle",
    rows: request.ids.map((_, index): ReadBack => {
      const record = found.get(index);
      if (record !== undefined) return absent.has(index) ? { kind: "unknown" } : record;
      return absent.has(index) || allAbsent ? { kind: "absent" } : { kind: "unknown" };
    }),
  };
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
