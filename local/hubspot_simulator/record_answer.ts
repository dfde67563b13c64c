import { canonicalNumber } from "./number_text.ts";
import type { StoredRecord } from "./object_store.ts";
import type { ObjectType } from "./object_type.ts";
import type { Portal } from "./portal.ts";
import { writtenAtText } from "./time_text.ts";

export type RecordAnswer = Record<string, unknown> & { readonly properties: Record<string, string | null> };

/** A record as a read shows it: the properties asked for (null without a value) and those that every read shows. */
export function readAnswer(
  portal: Portal,
  type: ObjectType,
  record: StoredRecord,
  names: readonly string[],
): RecordAnswer {
  const properties: Record<string, string | null> = {};
  const asked = names.length === 0 ? type.specification.shownByDefault : names;
  for (const name of new Set([...asked, ...type.alwaysShown])) {
    const definition = type.properties.get(name);
    if (definition === undefined) continue;
    const value = heldValue(type, record, name);
    properties[name] = value === "" ? null : shown(portal, type, name, value);
  }
  return answer(portal, type, record, properties);
}

/** A record as the answer to a write shows it: the properties that were sent and those that HubSpot adds. */
export function writeAnswer(
  portal: Portal,
  type: ObjectType,
  record: StoredRecord,
  sent: readonly string[],
): RecordAnswer {
  const { echoProperties, echoCleared } = portal.settings;
  const properties: Record<string, string | null> = {};
  for (const name of echoProperties ? sent : []) {
    const value = heldValue(type, record, name);
    if (value !== "") properties[name] = shown(portal, type, name, value);
    else if (echoCleared !== "omitted") properties[name] = echoCleared === "empty" ? "" : null;
  }
  for (const name of type.alwaysShown) {
    properties[name] = shown(portal, type, name, heldValue(type, record, name));
  }
  return answer(portal, type, record, properties);
}

/** What the record holds for a property; `""` for nothing. */
export function heldValue(type: ObjectType, record: StoredRecord, name: string): string {
  if (name === "hs_object_id") return record.id;
  if (name === type.specification.modifiedProperty) return writtenAtText(record.updatedAt);
  if (name === type.specification.createdProperty) return writtenAtText(record.createdAt);
  if (name === "hs_email_domain") return (record.properties.email ?? "").split("@")[1] ?? "";
  return record.properties[name] ?? "";
}

function answer(
  portal: Portal,
  type: ObjectType,
  record: StoredRecord,
  properties: Record<string, string | null>,
): RecordAnswer {
  return {
    id: record.id,
    properties,
    createdAt: writtenAtText(record.createdAt),
    updatedAt: writtenAtText(record.updatedAt),
    archived: record.archivedAt !== null,
    ...(record.archivedAt === null ? {} : { archivedAt: writtenAtText(record.archivedAt) }),
    url: `https://app.hubspot.com/contacts/${portal.settings.portalId}/record/${type.id}/${record.id}`,
  };
}

function shown(portal: Portal, type: ObjectType, name: string, value: string): string {
  if (portal.settings.valueForm === "canonical") return value;
  const kind = type.properties.get(name)?.type;
  if (kind === "datetime") return value.replace(/\.000Z$/, "Z");
  return kind === "number" && name !== "hs_object_id" ? javaNumber(value) : value;
}

/** As Java's `Double.toString` writes what is 10^7 or more: `1.0E7`. */
function javaNumber(canonical: string): string {
  const [whole = "", fraction = ""] = canonical.replace("-", "").split(".");
  if (whole.length < 8 || canonicalNumber(canonical) === null) return canonical;
  const digits = (whole.slice(1) + fraction).replace(/0+$/, "") || "0";
  return `${canonical.startsWith("-") ? "-" : ""}${whole.charAt(0)}.${digits}E${whole.length - 1}`;
}
