import { once } from "node:events";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { createInterface } from "node:readline";
import { finished } from "node:stream/promises";
import { z } from "zod";
import type { StoredRecord } from "./object_store.ts";
import type { Portal } from "./portal.ts";
import type { PropertyDefinition, PropertySpecification } from "./property_definition.ts";
import { propertySpecification } from "./settings.ts";

const texts = z.record(z.string(), z.string());

const savedLine = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("group"), type: z.string(), name: z.string(), label: z.string() }),
  z.object({ kind: z.literal("property"), type: z.string(), property: propertySpecification }),
  z.object({
    kind: z.literal("record"),
    type: z.string(),
    record: z.object({
      id: z.string(),
      properties: texts,
      createdAt: z.number(),
      updatedAt: z.number(),
      archivedAt: z.number().nullable(),
      history: z.array(
        z.object({
          at: z.number(),
          operation: z.enum(["create", "update", "archive", "merge"]),
          properties: texts,
        }),
      ),
    }),
  }),
  z.object({
    kind: z.literal("association"),
    type: z.string(),
    to: z.string(),
    from_id: z.string(),
    to_id: z.string(),
    typeIds: z.array(z.number()),
  }),
  z.object({ kind: z.literal("merge"), type: z.string(), loser: z.string(), winner: z.string() }),
]);

type SavedLine =
  | Exclude<z.output<typeof savedLine>, { kind: "record" | "property" }>
  | { readonly kind: "property"; readonly type: string; readonly property: PropertySpecification }
  | { readonly kind: "record"; readonly type: string; readonly record: StoredRecord };

/** Writes all properties and records as JSON lines; the file is there whole or not at all. */
export async function saveState(portal: Portal, file: string): Promise<void> {
  const unfinished = `${file}.unfinished`;
  const stream = createWriteStream(unfinished);
  for (const line of savedLines(portal)) {
    if (!stream.write(`${JSON.stringify(line)}\n`)) await once(stream, "drain");
  }
  stream.end();
  await finished(stream);
  await rename(unfinished, file);
}

/** Takes back what `saveState` wrote; a file that does not exist is an empty portal. */
export async function loadState(portal: Portal, file: string): Promise<void> {
  if (!existsSync(file)) return;
  for await (const text of createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    takeBack(portal, savedLine.parse(JSON.parse(text)));
  }
}

function* savedLines(portal: Portal): Generator<SavedLine> {
  for (const { name: type, groups, properties } of portal.types.all) {
    for (const [name, label] of groups) yield { kind: "group", type, name, label };
    for (const definition of properties.values()) {
      if (definition.hubspotDefined) continue;
      yield { kind: "property", type, property: specificationOf(definition) };
    }
  }
  for (const type of portal.types.all) {
    const store = portal.store(type);
    const records = [...store.records(), ...store.archivedRecords()];
    records.sort((one, other) => Number(one.id) - Number(other.id));
    for (const record of records) yield { kind: "record", type: type.name, record };
    for (const [loser, winner] of store.merges()) yield { kind: "merge", type: type.name, loser, winner };
  }
  yield* savedAssociations(portal);
}

/** Each is written from both sides, and read back twice to the same effect. */
function* savedAssociations(portal: Portal): Generator<SavedLine> {
  for (const from of portal.types.all) {
    for (const to of portal.types.all) {
      for (const id of portal.associations.holders(from, to)) {
        for (const [to_id, ids] of portal.associations.of({ type: from, id }, to)) {
          yield { kind: "association", type: from.name, to: to.name, from_id: id, to_id, typeIds: [...ids] };
        }
      }
    }
  }
}

function specificationOf(definition: PropertyDefinition): PropertySpecification {
  const { name, type, fieldType, label, description, groupName, hasUniqueValue, readOnly, calculated } =
    definition;
  const { options } = definition;
  return {
    name,
    type,
    fieldType,
    label,
    description,
    groupName,
    options,
    hasUniqueValue,
    readOnly,
    calculated,
  };
}

function takeBack(portal: Portal, line: SavedLine): void {
  const type = portal.type(line.type);
  switch (line.kind) {
    case "group":
      type.groups.set(line.name, line.label);
      return;
    case "property":
      type.define(line.property, new Date(portal.clock.now()).toISOString());
      return;
    case "record":
      portal.store(type).restore(line.record);
      portal.reserveRecordId(Number(line.record.id));
      return;
    case "association": {
      const to = portal.type(line.to);
      const known = portal.associationTypes.between(type, to);
      const plain = known.find(({ label }) => label === null);
      for (const one of known.filter(({ typeId }) => line.typeIds.includes(typeId))) {
        const sides = [
          { type, id: line.from_id },
          { type: to, id: line.to_id },
        ] as const;
        portal.associations.add(...sides, one, plain ?? one);
      }
      return;
    }
    case "merge":
      portal.store(type).restoreMerge(line.loser, line.winner);
      portal.reserveRecordId(Number(line.loser));
  }
}
