import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import { ZodError } from "zod";
import type { StoredRecord } from "./object_store.ts";
import type { ObjectType } from "./object_type.ts";
import { heldValue } from "./record_answer.ts";
import { Refusal } from "./refusal.ts";
import { associated, shown } from "./routes_association.ts";
import { faultRules, settingChanges } from "./settings.ts";
import type { Simulator } from "./simulator.ts";

/**
 * What HubSpot would never show: counters, all records with their history, faults. No token is asked for.
 *
 * - `GET /_simulator/counters` answers a `CounterReport`.
 * - `GET /_simulator/records/{type}` answers `{ count, archived, duplicates, records: [{ id, properties }] }`; `duplicates` lists,
 *   for each unique property (and each of `?by=a,b`), the values that more than one live record has.
 * - `GET /_simulator/history/{type}/{id}` answers `{ writes: [{ at, operation, properties }] }` in the order applied.
 * - `GET /_simulator/associations/{type}/{to}` answers `{ count, associations: [{ from, to, types: [{ category, typeId, label }] }] }`.
 * - `POST /_simulator/faults` adds a list of rules, `GET` shows those still to act, `DELETE` removes them.
 * - `POST /_simulator/config` changes settings, `POST /_simulator/reset` puts everything back to the start.
 */
export function addInspection(app: FastifyInstance, simulator: Simulator): void {
  app.get("/_simulator/counters", () => simulator.counters.report(simulator.settings.burst.windowMs));

  app.get<{ Params: { type: string }; Querystring: { by?: string } }>(
    "/_simulator/records/:type",
    (request, reply) =>
      guarded(reply, () => {
        const type = simulator.portal.type(request.params.type);
        const store = simulator.portal.store(type);
        const by = [
          ...type.unique.map(({ name }) => name),
          ...(request.query.by ?? "").split(",").filter(Boolean),
        ];
        const head = {
          count: store.size,
          archived: store.archivedCount,
          duplicates: duplicates(type, store.records(), by),
        };
        return reply.type("application/json").send(Readable.from(recordsText(type, head, store.records())));
      }),
  );

  app.get<{ Params: { type: string; id: string } }>("/_simulator/history/:type/:id", (request, reply) =>
    guarded(reply, () => {
      const { type, id } = request.params;
      const store = simulator.portal.store(simulator.portal.type(type));
      const record = store.get(id) ?? store.getArchived(id);
      const history = record?.history ?? [];
      const writes = history.map(({ at, ...write }) => ({ at: new Date(at).toISOString(), ...write }));
      return reply.send({ id, exists: record !== undefined, writes });
    }),
  );

  app.get<{ Params: { type: string; to: string } }>("/_simulator/associations/:type/:to", (request, reply) =>
    guarded(reply, () => {
      const { portal } = simulator;
      const [type, to] = [portal.type(request.params.type), portal.type(request.params.to)];
      const associations = portal.associations.holders(type, to).flatMap((from) =>
        associated(portal, { type, id: from }, to).map(({ id, types }) => ({
          from,
          to: id,
          types: types.map(shown),
        })),
      );
      return reply.send({ count: associations.length, associations });
    }),
  );

  app.get("/_simulator/faults", () => ({ rules: simulator.faults.pending }));
  app.post("/_simulator/faults", (request, reply) =>
    guarded(reply, () => {
      simulator.faults.add(faultRules.parse(JSON.parse(String(request.body))));
      return reply.send({ rules: simulator.faults.pending });
    }),
  );
  app.delete("/_simulator/faults", () => {
    simulator.faults.clear();
    return { rules: [] };
  });
  app.post("/_simulator/config", (request, reply) =>
    guarded(reply, () => {
      const changes = settingChanges(JSON.parse(String(request.body)));
      simulator.configure(changes);
      return reply.send({ changed: Object.keys(changes) });
    }),
  );
  app.post("/_simulator/reset", () => {
    simulator.reset();
    return { reset: true };
  });
}

/** The values that more than one record has, counted from the records and not taken from an index. */
function duplicates(
  type: ObjectType,
  records: Iterable<StoredRecord>,
  by: readonly string[],
): Record<string, Record<string, string[]>> {
  const owners = new Map(by.map((name) => [name, new Map<string, string[]>()]));
  for (const record of records) {
    for (const [name, values] of owners) {
      const value = heldValue(type, record, name);
      if (value === "") continue;
      const ids = values.get(value);
      if (ids === undefined) values.set(value, [record.id]);
      else ids.push(record.id);
    }
  }
  return Object.fromEntries(
    [...owners].map(([name, values]) => [
      name,
      Object.fromEntries([...values].filter(([, ids]) => ids.length > 1)),
    ]),
  );
}

/** Record by record, because a million of them are longer than one string may be. */
function* recordsText(type: ObjectType, head: object, records: Iterable<StoredRecord>): Generator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"records":[`;
  let chunk = "";
  let separator = "";
  for (const record of records) {
    const names = new Set([
      ...Object.keys(record.properties),
      "hs_object_id",
      type.specification.createdProperty,
    ]);
    const properties: Record<string, string> = {};
    for (const name of names) {
      const value = heldValue(type, record, name);
      if (value !== "") properties[name] = value;
    }
    chunk += `${separator}${JSON.stringify({ id: record.id, properties })}`;
    separator = ",";
    if (chunk.length > 65_536) {
      yield chunk;
      chunk = "";
    }
  }
  yield `${chunk}]}`;
}

function guarded(reply: FastifyReply, answer: () => FastifyReply): FastifyReply {
  try {
    return answer();
  } catch (error) {
    if (error instanceof Refusal) return reply.code(error.status).send({ message: error.message });
    if (!(error instanceof ZodError) && !(error instanceof SyntaxError)) throw error;
    return reply.code(400).send({ message: error.message });
  }
}
