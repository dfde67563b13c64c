import { z } from "zod";
import { batchAnswer } from "./batch_answer.ts";
import { batchInputs } from "./batch_input.ts";
import { type BatchAction, nonUnique, notFound, writeBatch } from "./batch_write.ts";
import type { StoredRecord } from "./object_store.ts";
import type { ObjectType } from "./object_type.ts";
import type { Portal } from "./portal.ts";
import { readAnswer } from "./record_answer.ts";
import { Refusal, rowRefusal, validationError } from "./refusal.ts";
import {
  type ApiAnswer,
  type ApiRequest,
  objectScope,
  param,
  parsedBody,
  type Route,
  single,
} from "./route.ts";

/** HubSpot's limit of inputs when histories are asked for (CRM objects API v3, read 2026-11). */
const MAX_HISTORY_INPUTS = 50;

const readOptions = z.object({
  properties: z.array(z.string()).nullish(),
  propertiesWithHistory: z.array(z.string()).nullish(),
  idProperty: z.string().nullish(),
});

export const BATCH_ROUTES: readonly Route[] = [
  ...(["create", "update", "upsert"] as const).map(writeRoute),
  {
    method: "POST",
    path: "/crm/v3/objects/:type/batch/archive",
    writes: true,
    scope: objectScope("write"),
    answer(portal, request) {
      const type = portal.type(param(request, "type"));
      for (const { id } of batchInputs(request.body, { id: true, properties: false })) {
        portal.store(type).archive(id, portal.clock.now());
      }
      return { status: 204 };
    },
  },
  {
    method: "POST",
    path: "/crm/v3/objects/:type/batch/read",
    writes: false,
    scope: objectScope("read"),
    answer: readBatch,
  },
];

function writeRoute(action: BatchAction): Route {
  return {
    method: "POST",
    path: `/crm/v3/objects/:type/batch/${action}`,
    writes: true,
    scope: objectScope("write"),
    answer(portal, request) {
      const type = portal.type(param(request, "type"));
      const inputs = batchInputs(request.body, { id: action !== "create", properties: true });
      return writeBatch(portal, type, action, inputs);
    },
  };
}

function readBatch(portal: Portal, request: ApiRequest): ApiAnswer {
  const type = portal.type(param(request, "type"));
  const inputs = batchInputs(request.body, { id: true, properties: false });
  const options = parsedBody(readOptions, request.body);
  const histories = options.propertiesWithHistory ?? [];
  if (histories.length > 0 && inputs.length > MAX_HISTORY_INPUTS) {
    throw validationError(
      `The maximum number of inputs supported in a batch request for property histories is ${MAX_HISTORY_INPUTS}`,
    );
  }
  const archived = single(request.query.archived) === "true";
  const find = readFinder(portal, type, options.idProperty ?? null, archived);
  const missing: string[] = [];
  const found = new Set<StoredRecord>();
  for (const { id } of inputs) {
    const record = find(id);
    if (record === undefined) missing.push(id);
    else found.add(record);
  }
  if (found.size === 0 && missing.length > 0 && portal.settings.readNoneStatus === 404) {
    throw new Refusal({ status: 404, category: "OBJECT_NOT_FOUND", message: "Some objects were not found" });
  }
  const results = [...found].map((record) => ({
    ...readAnswer(portal, type, record, options.properties ?? []),
    ...(histories.length === 0 ? {} : { propertiesWithHistory: historyAnswer(record, histories) }),
  }));
  const errors =
    missing.length === 0 ? [] : [rowRefusal(notFound(type, missing), null, portal.settings.portalId)];
  return batchAnswer(portal, 200, portal.shuffle.shuffle(results), errors);
}

/** How a read finds records: by a record id, which may have been merged away, or by a unique property. */
export function readFinder(
  portal: Portal,
  type: ObjectType,
  idProperty: string | null,
  archived: boolean,
): (id: string) => StoredRecord | undefined {
  const find = finder(portal, type, idProperty, archived);
  if (archived || portal.settings.readMergedAway !== "winner") return find;
  const byId = idProperty === null || idProperty === "hs_object_id";
  return (id) => find(id) ?? (byId ? portal.store(type).winnerOf(id) : undefined);
}

/** How records are found by a record id or by a unique property. */
export function finder(
  portal: Portal,
  type: ObjectType,
  idProperty: string | null,
  archived: boolean,
): (id: string) => StoredRecord | undefined {
  const store = portal.store(type);
  if (idProperty === null || idProperty === "hs_object_id") {
    return (id) => (archived ? store.getArchived(id) : store.get(id));
  }
  if (type.properties.get(idProperty)?.hasUniqueValue !== true) throw nonUnique(portal, type, idProperty);
  return (value) => store.findBy(idProperty, value);
}

/** The values that a property had, the newest first. */
function historyAnswer(record: StoredRecord, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.map((name) => [
      name,
      record.history
        .filter(({ properties }) => properties[name] !== undefined)
        .map(({ at, properties }) => ({
          value: properties[name],
          timestamp: new Date(at).toISOString(),
          sourceType: "INTEGRATION",
        }))
        .reverse(),
    ]),
  );
}
