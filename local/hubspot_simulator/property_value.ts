import { canonicalNumber } from "./number_text.ts";
import type { PropertyDefinition } from "./property_definition.ts";
import { dateText, datetimeText, epochMilliseconds, isMidnightUtc, timeOfDayText } from "./time_text.ts";

/** HubSpot's limit for one text value (properties guide, read 2026-11), in UTF-16 units: the guide says "characters", and this is the stricter reading. */
const MAX_TEXT = 65_536;

const EMAIL = /^[^\s@,;:<>()[\]"\\]+@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+([a-z]{2,})$/;

/** HubSpot checks the top-level domain against the registry; these are common slips that stand for all it refuses. */
const UNKNOWN_TOP_LEVEL_DOMAINS = new Set(["con", "cpm", "comm", "ney", "orgg"]);

/** The value as HubSpot keeps it (`""`: none), or why HubSpot refuses it. */
export type ReadValue =
  | { readonly kind: "value"; readonly value: string }
  | { readonly kind: "refused"; readonly error: string; readonly message: string };

/** Checks a value that was sent for a property and brings it into the form that HubSpot stores and echoes. */
export function readValue(definition: PropertyDefinition, sent: string): ReadValue {
  const text = sent.trim();
  if (text === "") return taken("");
  switch (definition.type) {
    case "number": {
      const number = canonicalNumber(text);
      return number === null ? refused("INVALID_INTEGER", `${text} was not a valid number`) : taken(number);
    }
    case "date": {
      const moment = epochMilliseconds(text);
      if (moment === null) return refused("INVALID_LONG", `${text} was not a valid long.`);
      if (isMidnightUtc(moment)) return taken(dateText(moment));
      return refused("INVALID_DATE", `${moment} is at ${timeOfDayText(moment)} UTC, not midnight!`);
    }
    case "datetime": {
      const moment = epochMilliseconds(text);
      if (moment === null) return refused("INVALID_LONG", `${text} was not a valid long.`);
      return taken(datetimeText(moment));
    }
    case "bool":
    case "enumeration":
      return readOptions(definition, sent);
    case "string":
    case "phone_number":
      if (text.length > MAX_TEXT) {
        return refused("PROPERTY_VALUE_TOO_LONG", `The value is longer than ${MAX_TEXT} characters`);
      }
      return definition.name === "email" ? readEmail(text) : taken(text);
  }
}

/** The form in which unique values are compared: an email's case does not tell two contacts apart. */
export function uniqueKey(definition: PropertyDefinition, value: string): string {
  const read = readValue(definition, value);
  return read.kind === "value" ? read.value : value.trim();
}

function readEmail(text: string): ReadValue {
  const email = text.toLowerCase();
  const domain = EMAIL.exec(email)?.[3];
  if (domain === undefined || UNKNOWN_TOP_LEVEL_DOMAINS.has(domain)) {
    return refused("INVALID_EMAIL", `Email address ${text} is invalid`);
  }
  return taken(email);
}

/** Options are compared exactly: a blank beside the `;` makes another option of it. */
function readOptions(definition: PropertyDefinition, sent: string): ReadValue {
  const chosen = definition.multiple ? sent.split(";").filter((option) => option !== "") : [sent];
  const wrong = chosen.find((option) => !definition.allowed.has(option));
  if (wrong !== undefined) {
    const allowed = [...definition.allowed].join(", ");
    return refused("INVALID_OPTION", `${wrong} was not one of the allowed options: [${allowed}]`);
  }
  return taken(definition.multiple ? [...new Set(chosen)].join(";") : sent);
}

/** A leading `;` adds options to those that the record has. */
export function appendsOptions(definition: PropertyDefinition, sent: string): boolean {
  return definition.multiple && sent.startsWith(";");
}

function taken(value: string): ReadValue {
  return { kind: "value", value };
}

function refused(error: string, message: string): ReadValue {
  return { kind: "refused", error, message };
}
