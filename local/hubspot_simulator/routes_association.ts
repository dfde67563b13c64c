import type { z } from "zod";
import {
  archivedPairs,
  associationInputs,
  labelledPair,
  MAX_ARCHIVED,
  MAX_CREATED,
  MAX_READ,
  readInput,
} from "./association_input.ts";
import type { Side } from "./association_store.ts";
import type { AssociationType } from "./association_type.ts";
import { batchAnswer } from "./batch_answer.ts";
import type { ObjectType } from "./object_type.ts";
import type { Portal } from "./portal.ts";
import { Refusal, rowRefusal, validationError } from "./refusal.ts";
import { type ApiAnswer, type ApiRequest, objectScope, param, type Route } from "./route.ts";

const BETWEEN = "/crm/v4/associations/:type/:to";

export const ASSOCIATION_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: `${BETWEEN}/labels`,
    writes: false,
    scope: objectScope("read"),
    answer(portal, request) {
      const { from, to } = sides(portal, request);
      return { status: 200, body: { results: portal.associationTypes.between(from, to).map(shown) } };
    },
  },
  {
    method: "POST",
    path: `${BETWEEN}/batch/create`,
    writes: true,
    scope: objectScope("write"),
    answer: create,
  },
  { method: "POST", path: `${BETWEEN}/batch/read`, writes: false, scope: objectScope("read"), answer: read },
  {
    method: "POST",
    path: `${BETWEEN}/batch/archive`,
    writes: true,
    scope: objectScope("write"),
    answer(portal, request) {
      const { from, to } = sides(portal, request);
      for (const input of associationInputs(request.body, archivedPairs, MAX_ARCHIVED)) {
        for (const { id } of input.to) {
          portal.associations.removeAll({ type: from, id: input.from.id }, { type: to, id });
        }
      }
      return { status: 204 };
    },
  },
  {
    method: "POST",
    path: `${BETWEEN}/batch/labels/archive`,
    writes: true,
    scope: objectScope("write"),
    answer(portal, request) {
      const { from, to } = sides(portal, request);
      const inputs = associationInputs(request.body, labelledPair, MAX_ARCHIVED);
      for (const { input, types } of typed(portal, from, to, inputs)) {
        const [one, other] = sidesOf(from, to, input);
        for (const type of types) portal.associations.remove(one, other, type);
      }
      return { status: 204 };
    },
  },
];

/** A kind of association as HubSpot shows it. */
export function shown({ category, typeId, label }: AssociationType): Record<string, unknown> {
  return { category, typeId, label };
}

/** The live records of one type that a record is associated with, and how; an archived record has no associations. */
export function associated(
  portal: Portal,
  from: Side,
  to: ObjectType,
): readonly { readonly id: string; readonly types: readonly AssociationType[] }[] {
  if (portal.store(from.type).get(from.id) === undefined) return [];
  const known = portal.associationTypes.between(from.type, to);
  return [...portal.associations.of(from, to)]
    .filter(([id]) => portal.store(to).get(id) !== undefined)
    .map(([id, ids]) => ({ id, types: known.filter(({ typeId }) => ids.has(typeId)) }));
}

function create(portal: Portal, request: ApiRequest): ApiAnswer {
  const { from, to } = sides(portal, request);
  const inputs = typed(portal, from, to, associationInputs(request.body, labelledPair, MAX_CREATED));
  const plain = portal.associationTypes.between(from, to).find(({ label }) => label === null);
  if (plain === undefined) throw new Error("Every two object types have an association without a label.");
  const results: Record<string, unknown>[] = [];
  const errors: Record<string, unknown>[] = [];
  for (const { input, types } of inputs) {
    const [one, other] = sidesOf(from, to, input);
    const missing = missingSide(portal, one, other);
    if (missing !== null) {
      errors.push(rowRefusal(missing, null, portal.settings.portalId));
      continue;
    }
    for (const type of types) portal.associations.add(one, other, type, plain);
    const there = associated(portal, one, to).find(({ id }) => id === other.id)?.types ?? [];
    results.push({
      fromObjectTypeId: from.id,
      fromObjectId: Number(one.id),
      toObjectTypeId: to.id,
      toObjectId: Number(other.id),
      labels: there.flatMap(({ label }) => (label === null ? [] : [label])),
    });
  }
  return batchAnswer(portal, 201, portal.shuffle.shuffle(results), errors);
}

function read(portal: Portal, request: ApiRequest): ApiAnswer {
  const { from, to } = sides(portal, request);
  const pageSize = portal.settings.associationPage;
  const results: Record<string, unknown>[] = [];
  const errors: Record<string, unknown>[] = [];
  for (const { id, after } of associationInputs(request.body, readInput, MAX_READ)) {
    const all = associated(portal, { type: from, id }, to);
    const start = after == null ? 0 : Number(after);
    const page = all.slice(start, start + pageSize);
    if (page.length === 0) {
      errors.push(noAssociations(from, to, id));
      continue;
    }
    const next =
      start + pageSize < all.length ? { paging: { next: { after: String(start + pageSize) } } } : {};
    results.push({
      from: { id },
      to: page.map((record) => ({
        toObjectId: Number(record.id),
        associationTypes: record.types.map(shown),
      })),
      ...next,
    });
  }
  return batchAnswer(portal, 200, portal.shuffle.shuffle(results), errors);
}

type LabelledPair = z.output<typeof labelledPair>;

/** The kinds that the inputs name; one that does not exist in this direction refuses the whole request. */
function typed(portal: Portal, from: ObjectType, to: ObjectType, inputs: readonly LabelledPair[]) {
  const known = portal.associationTypes.between(from, to);
  return inputs.map((input) => ({
    input,
    types: input.types.map(({ associationCategory: category, associationTypeId: typeId }) => {
      const type = known.find((one) => one.category === category && one.typeId === typeId);
      if (type !== undefined) return type;
      const direction = `${from.specification.singular} to ${to.specification.singular}`;
      throw validationError(
        `One or more association types are not valid: ${category} ${typeId} from ${direction}`,
      );
    }),
  }));
}

function missingSide(portal: Portal, from: Side, to: Side): Refusal | null {
  const missing = (
    [
      ["fromObjectId", from],
      ["toObjectId", to],
    ] as const
  ).find(([, { type, id }]) => portal.store(type).get(id) === undefined);
  if (missing === undefined) return null;
  const [name, { type, id }] = missing;
  const message = `${type.specification.singular} with ID ${id} not found`;
  return new Refusal({ status: 404, category: "OBJECT_NOT_FOUND", message, context: { [name]: [id] } });
}

/** As it was recorded: a category of its own kind, a subcategory and the record in `fromObjectId`. */
function noAssociations(from: ObjectType, to: ObjectType, id: string): Record<string, unknown> {
  const [one, other] = [from, to].map(({ specification }) => specification.singular.toLowerCase());
  return {
    status: "error",
    category: "OBJECT_NOT_FOUND",
    subCategory: "crm.associations.NO_ASSOCIATIONS_FOUND",
    message: `No ${other} is associated with ${one} ${id}.`,
    context: { fromObjectId: [id], fromObjectType: [one], toObjectType: [other] },
  };
}

function sides(portal: Portal, request: ApiRequest): { readonly from: ObjectType; readonly to: ObjectType } {
  return { from: portal.type(param(request, "type")), to: portal.type(param(request, "to")) };
}

function sidesOf(from: ObjectType, to: ObjectType, input: LabelledPair): readonly [Side, Side] {
  return [
    { type: from, id: input.from.id },
    { type: to, id: input.to.id },
  ];
}
