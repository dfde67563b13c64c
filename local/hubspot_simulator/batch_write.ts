import { batchAnswer } from "./batch_answer.ts";
import { answersRowByRow, type BatchInput } from "./batch_input.ts";
import type { StoredRecord } from "./object_store.ts";
import type { ObjectType } from "./object_type.ts";
import type { Portal } from "./portal.ts";
import type { PropertyDefinition } from "./property_definition.ts";
import { uniqueKey } from "./property_value.ts";
import { writeAnswer } from "./record_answer.ts";
import { invalidProperties, Refusal, rowRefusal, validationError } from "./refusal.ts";
import type { ApiAnswer } from "./route.ts";
import {
  type PreparedWrite,
  prepareCreate,
  prepareUpdate,
  type Reserved,
  type SentProperties,
} from "./row_write.ts";

export type BatchAction = "create" | "update" | "upsert";

interface Row {
  readonly input: BatchInput;
  readonly prepared: PreparedWrite;
}

interface RefusedRow {
  readonly input: BatchInput;
  readonly refusal: Refusal;
}

/** How the inputs of a request become writes, once their ids are known to be sound. */
type Prepare = (input: BatchInput, reserved: Reserved) => PreparedWrite | "left out";

/**
 * Writes a batch. With a trace id on every input the good rows are written and the others listed (207); without, one bad
 * row refuses the whole request and nothing is written.
 */
export function writeBatch(
  portal: Portal,
  type: ObjectType,
  action: BatchAction,
  inputs: readonly BatchInput[],
): ApiAnswer {
  const prepare = preparation(portal, type, action, inputs);
  const refused: RefusedRow[] = [];
  const results: Record<string, unknown>[] = [];
  const write = ({ input, prepared }: Row): void => {
    const { record, created } = prepared.apply();
    const sent = echoed(input, prepared.sent);
    const result: Record<string, unknown> = writeAnswer(portal, type, record, sent);
    if (action === "upsert") result.new = created;
    if (portal.settings.echoTraceIds === true && input.traceId !== null)
      result.objectWriteTraceId = input.traceId;
    results.push(result);
  };

  const rowByRow = answersRowByRow(inputs);
  const waiting: Row[] = [];
  const reserved: Reserved = new Map();
  for (const input of inputs) {
    try {
      const prepared = prepare(input, rowByRow ? new Map() : reserved);
      if (prepared === "left out") continue;
      if (rowByRow) write({ input, prepared });
      else waiting.push({ input, prepared });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refused.push({ input, refusal: error });
    }
  }
  if (!rowByRow) refuseWhole(refused);
  waiting.forEach(write);

  const errors = errorEntries(portal, type, refused, rowByRow);
  return batchAnswer(portal, action === "create" ? 201 : 200, portal.shuffle.shuffle(results), errors);
}

/** What was sent, and the value that the record was found by. */
function echoed({ idProperty }: BatchInput, sent: readonly string[]): readonly string[] {
  return idProperty === null || sent.includes(idProperty) ? sent : [idProperty, ...sent];
}

function preparation(
  portal: Portal,
  type: ObjectType,
  action: BatchAction,
  inputs: readonly BatchInput[],
): Prepare {
  if (action === "create")
    return ({ properties }, reserved) => prepareCreate(portal, type, properties, reserved);
  const keys = inputs.map((input) => keyProperty(portal, type, action, input));
  refuseDuplicateIds(inputs, keys);
  const found = new Map(
    inputs.map((input, at) => [input, findRecord(portal, type, input, keys[at] ?? null)]),
  );
  if (action === "update") {
    refuseMissingUniqueValues(type, inputs, found);
    return (input, reserved) => {
      const record = found.get(input);
      if (record !== undefined) return prepareUpdate(portal, type, record, input.properties, reserved);
      if (portal.store(type).wasMergedAway(input.id)) return "left out";
      throw notFound(type, [input.id]);
    };
  }
  return (input, reserved) => {
    const record = found.get(input);
    if (record !== undefined) return prepareUpdate(portal, type, record, input.properties, reserved);
    return prepareCreate(portal, type, withKey(input), reserved);
  };
}

/** The properties of a record that an upsert creates: its key comes from the id unless it is among them. */
function withKey({ id, idProperty, properties }: BatchInput): SentProperties {
  return idProperty === null || Object.hasOwn(properties, idProperty)
    ? properties
    : { ...properties, [idProperty]: id };
}

/** The unique property that an input's id is a value of; null for a record id. */
function keyProperty(
  portal: Portal,
  type: ObjectType,
  action: BatchAction,
  { idProperty }: BatchInput,
): PropertyDefinition | null {
  if (idProperty === null) {
    if (action === "update") return null;
    throw validationError("Some required fields were not set: [idProperty]");
  }
  const definition = type.properties.get(idProperty);
  const usable = definition?.hasUniqueValue === true && !(action === "update" && idProperty === "email");
  if (usable) return definition;
  throw nonUnique(portal, type, idProperty);
}

export function nonUnique(portal: Portal, type: ObjectType, idProperty: string): Refusal {
  return validationError(
    `Unable to perform update/upsert by non-unique ${type.id} property ${idProperty} in portal ID ${portal.settings.portalId}`,
  );
}

function refuseDuplicateIds(
  inputs: readonly BatchInput[],
  keys: readonly (PropertyDefinition | null)[],
): void {
  const seen = new Set<string>();
  const duplicates = new Set<string>();
  inputs.forEach(({ id, idProperty }, at) => {
    const key = keys[at] ?? null;
    const identity = `${idProperty ?? ""}\n${key === null ? id : uniqueKey(key, id)}`;
    if (seen.has(identity)) duplicates.add(id);
    seen.add(identity);
  });
  if (duplicates.size === 0) return;
  const ids = [...duplicates];
  throw validationError(`Duplicate IDs found in batch input: [${ids.join(", ")}]. IDs must be unique`, {
    ids,
  });
}

function findRecord(
  portal: Portal,
  type: ObjectType,
  { id }: BatchInput,
  key: PropertyDefinition | null,
): StoredRecord | undefined {
  const store = portal.store(type);
  return key === null ? store.get(id) : store.findBy(key.name, id);
}

/** An update by a unique value that no record has refuses the whole request, trace ids or not. */
function refuseMissingUniqueValues(
  type: ObjectType,
  inputs: readonly BatchInput[],
  found: ReadonlyMap<BatchInput, StoredRecord | undefined>,
): void {
  const missing = inputs.filter((input) => input.idProperty !== null && found.get(input) === undefined);
  if (missing.length === 0) return;
  throw new Refusal({
    status: 400,
    category: "OBJECT_NOT_FOUND",
    message: "Could not find some objects",
    context: {
      missingObjectPropertyValueCoordinates: missing.map(
        ({ id, idProperty }) => `${type.id}:${idProperty}:${id}`,
      ),
    },
  });
}

export function notFound(type: ObjectType, ids: readonly string[]): Refusal {
  const objects = type.specification.singular.toUpperCase();
  const message = `Could not get some ${objects} objects, they may be deleted or not exist. Check that ids are valid.`;
  return new Refusal({ status: 404, category: "OBJECT_NOT_FOUND", message, context: { ids } });
}

/** Without trace ids everything but an unknown id refuses the request: invalid values first, then the first conflict. */
function refuseWhole(refused: readonly RefusedRow[]): void {
  const problems = refused.flatMap(({ refusal }) => refusal.problems);
  if (problems.length > 0) throw invalidProperties(problems);
  const first = refused.find(({ refusal }) => refusal.category !== "OBJECT_NOT_FOUND")?.refusal;
  if (first === undefined) return;
  const { status, category, message, context } = first;
  // The refusal of a conflict names the record in its sentence only.
  const isTold = context !== null && category !== "CONFLICT";
  throw new Refusal({ status, category, message, ...(isTold ? { context } : {}) });
}

function errorEntries(
  portal: Portal,
  type: ObjectType,
  refused: readonly RefusedRow[],
  rowByRow: boolean,
): Record<string, unknown>[] {
  if (refused.length === 0) return [];
  const { portalId, echoTraceIds } = portal.settings;
  if (!rowByRow) {
    const ids = refused.map(({ input }) => input.id);
    return [rowRefusal(notFound(type, ids), null, portalId)];
  }
  return refused.map(({ input, refusal }) =>
    rowRefusal(refusal, echoTraceIds === false ? null : input.traceId, portalId),
  );
}
