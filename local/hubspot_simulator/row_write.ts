import type { Properties, StoredRecord } from "./object_store.ts";
import type { ObjectType } from "./object_type.ts";
import type { Portal } from "./portal.ts";
import type { PropertyDefinition } from "./property_definition.ts";
import { appendsOptions, readValue } from "./property_value.ts";
import { invalidProperties, type PropertyProblem, Refusal, validationError } from "./refusal.ts";

/** Properties as they came: text, number, boolean; null leaves a property alone. */
export type SentProperties = Readonly<Record<string, string | number | boolean | null>>;

/** Unique values that earlier inputs of the same request are about to take. */
export type Reserved = Map<string, Set<string>>;

export interface PreparedWrite {
  /** Applies the write; everything was checked before. */
  apply(): { readonly record: StoredRecord; readonly created: boolean };
  /** Names of the properties that the answer echoes. */
  readonly sent: readonly string[];
}

/** Checks a new record wholly, without writing anything. Throws the `Refusal` of the row. */
export function prepareCreate(
  portal: Portal,
  type: ObjectType,
  properties: SentProperties,
  reserved: Reserved,
): PreparedWrite {
  const values = checkedValues(type, properties, null);
  refuseIncomplete(type, values);
  refuseTaken(portal, type, null, values, reserved);
  return {
    sent: Object.keys(properties),
    apply: () => ({
      record: portal.store(type).create(portal.nextRecordId(), values, portal.clock.now()),
      created: true,
    }),
  };
}

/** Checks a change of a record wholly, without writing anything. Throws the `Refusal` of the row. */
export function prepareUpdate(
  portal: Portal,
  type: ObjectType,
  record: StoredRecord,
  properties: SentProperties,
  reserved: Reserved,
): PreparedWrite {
  const values = withoutStepsBack(type, record, checkedValues(type, properties, record));
  refuseTaken(portal, type, record, values, reserved);
  return {
    sent: Object.keys(properties),
    apply: () => {
      portal.store(type).update(record, values, portal.clock.now());
      return { record, created: false };
    },
  };
}

function checkedValues(
  type: ObjectType,
  properties: SentProperties,
  record: StoredRecord | null,
): Record<string, string> {
  const problems: PropertyProblem[] = [];
  const values: Record<string, string> = record === null ? { ...type.specification.initial } : {};
  for (const name of Object.keys(properties)) {
    const sent = properties[name] ?? null;
    const definition = type.properties.get(name);
    if (definition === undefined) {
      problems.push({ name, error: "PROPERTY_DOESNT_EXIST", message: `Property "${name}" does not exist` });
      continue;
    }
    if (definition.readOnly) {
      const message = `"${name}" is a read only property; its value cannot be set.`;
      problems.push({ name, error: "READ_ONLY_VALUE", message });
      continue;
    }
    if (sent === null) continue;
    const read = readValue(definition, completed(definition, String(sent), record));
    if (read.kind === "refused") problems.push({ name, error: read.error, message: read.message });
    else values[name] = read.value;
  }
  if (problems.length > 0) throw invalidProperties(problems);
  return values;
}

/**
 * A new record without a required property. HubSpot documents no code for it; the sentence and `context.properties` are as third parties
 * recorded them (read 2026-11), and only for single creates, not for batches.
 */
function refuseIncomplete(type: ObjectType, values: Properties): void {
  const missing = [...type.properties.values()].filter(
    ({ name, required }) => required && (values[name] ?? "") === "",
  );
  if (missing.length === 0) return;
  throw validationError(
    `Error creating ${type.specification.singular.toUpperCase()}. Some required properties were not set.`,
    { properties: missing.map(({ name }) => name) },
  );
}

function completed(definition: PropertyDefinition, sent: string, record: StoredRecord | null): string {
  if (!appendsOptions(definition, sent)) return sent;
  return `${record?.properties[definition.name] ?? ""}${sent}`;
}

/** A lifecycle stage that would go back is silently not taken; clearing it first is the way back. */
function withoutStepsBack(
  type: ObjectType,
  record: StoredRecord,
  values: Record<string, string>,
): Properties {
  const sent = values.lifecyclestage ?? "";
  const held = record.properties.lifecyclestage ?? "";
  const stages = type.properties.get("lifecyclestage")?.options.map((option) => option.value) ?? [];
  if (sent === "" || held === "" || stages.indexOf(sent) >= stages.indexOf(held)) return values;
  const { lifecyclestage: _notTaken, ...others } = values;
  return others;
}

function refuseTaken(
  portal: Portal,
  type: ObjectType,
  record: StoredRecord | null,
  values: Properties,
  reserved: Reserved,
): void {
  for (const { name } of type.unique) {
    const value = values[name] ?? "";
    if (value === "") continue;
    const owner = portal.store(type).findBy(name, value);
    if (owner !== undefined && owner !== record) throw takenRefusal(type, record, name, value, owner.id);
    const earlier = reserved.get(name) ?? new Set();
    if (earlier.has(value)) throw takenRefusal(type, record, name, value, null);
    reserved.set(name, earlier.add(value));
  }
}

/** `ownerId` is null when an earlier input of the same request takes the value. */
function takenRefusal(
  type: ObjectType,
  record: StoredRecord | null,
  name: string,
  value: string,
  ownerId: string | null,
): Refusal {
  if (record !== null && name !== "email") {
    const objectType = type.specification.singular.toUpperCase();
    return validationError(
      `Cannot set PropertyValueCoordinates{objectType=${objectType}, propertyName=${name}, value=${value}} ` +
        `on ${record.id}. ${ownerId ?? "Another object"} already has that value.`,
    );
  }
  const exists = `${type.specification.singular} already exists`;
  if (ownerId === null) return new Refusal({ status: 409, category: "CONFLICT", message: exists });
  return new Refusal({
    status: 409,
    category: "CONFLICT",
    message: `${exists}. Existing ID: ${ownerId}`,
    context: { existingId: [ownerId] },
  });
}
