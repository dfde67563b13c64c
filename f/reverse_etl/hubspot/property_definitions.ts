import { RetlError } from "../sync/error.ts";
import type { HubSpotAnswer, PropertyDefinition } from "../sync/hubspot_port.ts";
import { asList, asObject, asText, parseJson } from "./answer_body.ts";
import { judgeStatus } from "./judge_status.ts";

const NOTHING_SENT = "No record was written.";

/**
 * Reads the answer to `GET /crm/v3/properties/{type}`.
 * Throws the push's own codes for a refused token, a missing scope, an unknown object type; `RETL_HUBSPOT_UNREACHABLE` for
 * everything that another try may change.
 */
export function parsePropertyDefinitions(answer: HubSpotAnswer): readonly PropertyDefinition[] {
  const told = judgeStatus(answer);
  if (told.kind === "stop") {
    throw new RetlError(told.stop.code, {
      what: `HubSpot refused to list the properties (${told.stop.reason}): ${told.stop.message}.`,
      state: NOTHING_SENT,
      next: "Check the resource's token, its scopes (crm.schemas.<object>.read) and the sync's object_type.",
    });
  }
  const results = told.kind === "accepted" ? propertiesIn(answer) : null;
  if (results !== null) return results;
  if (told.kind === "refused") {
    throw new RetlError("RETL_HUBSPOT_REFUSED", {
      what: `HubSpot has no properties to list for this object type (HTTP ${told.status}).`,
      state: NOTHING_SENT,
      next: "Check the sync's object_type.",
    });
  }
  const code = told.kind === "accepted" ? "an answer of another shape" : told.code;
  const isLimited = told.kind === "defer" || (told.kind === "wait" && told.limited);
  throw new RetlError("RETL_HUBSPOT_UNREACHABLE", {
    what: `HubSpot could not list the properties (${code}).`,
    state: NOTHING_SENT,
    next: isLimited
      ? "The limit of the account is used up: run again later, or see which application uses it."
      : "Run again; if it persists, look at HubSpot's status page and at the resource's base_url.",
  });
}

/** The definitions in an answer; null when it has none, for whatever reason. */
export function readablePropertyDefinitions(answer: HubSpotAnswer): readonly PropertyDefinition[] | null {
  return judgeStatus(answer).kind === "accepted" ? propertiesIn(answer) : null;
}

function propertiesIn(answer: HubSpotAnswer): readonly PropertyDefinition[] | null {
  if (answer.kind !== "answered") return null;
  const body = asObject(parseJson(answer.body));
  if (body === null || !Array.isArray(body.results)) return null;
  return body.results.map(definitionOf).filter((definition) => definition !== null);
}

function definitionOf(value: unknown): PropertyDefinition | null {
  const property = asObject(value);
  const name = asText(property?.name);
  if (property === null || name === null) return null;
  const options = asList(property.options).map((option) => asText(asObject(option)?.value));
  return {
    name,
    type: asText(property.type) ?? "string",
    hasUniqueValue: property.hasUniqueValue === true,
    readOnly: asObject(property.modificationMetadata)?.readOnlyValue === true,
    calculated: property.calculated === true,
    archived: property.archived === true,
    fieldType: asText(property.fieldType) ?? "",
    groupName: asText(property.groupName) ?? "",
    options: options.filter((option) => option !== null),
  };
}
