import { z } from "zod";
import { singleProperties } from "./batch_input.ts";
import type { StoredRecord } from "./object_store.ts";
import { readAnswer, writeAnswer } from "./record_answer.ts";
import { resourceNotFound, validationError } from "./refusal.ts";
import { type ApiRequest, listed, objectScope, param, parsedBody, type Route, single } from "./route.ts";
import { finder, readFinder } from "./routes_batch.ts";
import { prepareCreate, prepareUpdate } from "./row_write.ts";

/** HubSpot's limit of records on one page (CRM objects API v3, read 2026-11). */
const MAX_PAGE = 100;

const mergeInput = z.object({ primaryObjectId: z.string(), objectIdToMerge: z.string() });

const ONE = "/crm/v3/objects/:type/:id";
const ALL = "/crm/v3/objects/:type";

export const RECORD_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: ALL,
    writes: true,
    scope: objectScope("write"),
    answer(portal, request) {
      const type = portal.type(param(request, "type"));
      const prepared = prepareCreate(portal, type, singleProperties(request.body), new Map());
      return { status: 201, body: writeAnswer(portal, type, prepared.apply().record, prepared.sent) };
    },
  },
  {
    method: "GET",
    path: ALL,
    writes: false,
    scope: objectScope("read"),
    answer(portal, request) {
      const type = portal.type(param(request, "type"));
      const limit = pageSize(single(request.query.limit));
      const archived = single(request.query.archived) === "true";
      const after = pageStart(single(request.query.after));
      const records = portal.store(type).page(after, limit + 1, archived);
      const properties = listed(request.query.properties);
      const page = records.slice(0, limit);
      const last = page.at(-1);
      const results = page.map((record) => readAnswer(portal, type, record, properties));
      if (records.length <= limit || last === undefined) return { status: 200, body: { results } };
      const link = `https://api.hubapi.com/crm/v3/objects/${type.name}?after=${last.id}&limit=${limit}`;
      return { status: 200, body: { results, paging: { next: { after: last.id, link } } } };
    },
  },
  {
    method: "GET",
    path: ONE,
    writes: false,
    scope: objectScope("read"),
    answer(portal, request) {
      const type = portal.type(param(request, "type"));
      const archived = single(request.query.archived) === "true";
      const record = addressed(request, readFinder(portal, type, idProperty(request), archived));
      return { status: 200, body: readAnswer(portal, type, record, listed(request.query.properties)) };
    },
  },
  {
    method: "PATCH",
    path: ONE,
    writes: true,
    scope: objectScope("write"),
    answer(portal, request) {
      const type = portal.type(param(request, "type"));
      const properties = singleProperties(request.body);
      const record = addressed(request, finder(portal, type, idProperty(request), false));
      const prepared = prepareUpdate(portal, type, record, properties, new Map());
      return { status: 200, body: writeAnswer(portal, type, prepared.apply().record, prepared.sent) };
    },
  },
  {
    method: "DELETE",
    path: ONE,
    writes: true,
    scope: objectScope("write"),
    answer(portal, request) {
      const type = portal.type(param(request, "type"));
      portal.store(type).archive(param(request, "id"), portal.clock.now());
      return { status: 204 };
    },
  },
  {
    method: "POST",
    path: "/crm/v3/objects/:type/merge",
    writes: true,
    scope: objectScope("write"),
    answer(portal, request) {
      const type = portal.type(param(request, "type"));
      const { primaryObjectId, objectIdToMerge } = parsedBody(mergeInput, request.body);
      const winner = portal.store(type).get(primaryObjectId);
      const loser = portal.store(type).get(objectIdToMerge);
      if (winner === undefined || loser === undefined) throw resourceNotFound();
      if (winner === loser) throw validationError("An object cannot be merged with itself");
      portal.store(type).merge(winner, loser, portal.clock.now());
      return { status: 200, body: readAnswer(portal, type, winner, []) };
    },
  },
];

function idProperty(request: ApiRequest): string | null {
  return single(request.query.idProperty) ?? null;
}

function addressed(request: ApiRequest, find: (id: string) => StoredRecord | undefined): StoredRecord {
  const record = find(param(request, "id"));
  if (record === undefined) throw resourceNotFound();
  return record;
}

function pageSize(limit: string | undefined): number {
  if (limit === undefined) return 10;
  const size = Number(limit);
  if (Number.isInteger(size) && size >= 1 && size <= MAX_PAGE) return size;
  throw validationError(`Invalid limit ${limit}: it must be between 1 and ${MAX_PAGE}`);
}

function pageStart(after: string | undefined): number {
  if (after === undefined || after === "") return 0;
  if (/^\d+$/.test(after)) return Number(after);
  throw validationError(`Invalid paging cursor: ${after}`);
}
