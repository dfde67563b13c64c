import { withoutFullStop } from "../sync/error.ts";
import { asObject, asText, type ErrorObject, parseJson } from "./answer_body.ts";
import { scrubMessage } from "./scrub_message.ts";

/** What an error object says about the row it belongs to. */
export interface ErrorFact {
  readonly code: string;
  readonly property: string | null;
  /** Scrubbed of values, and without a full stop at its end. */
  readonly message: string;
}

interface ValidationEntry {
  readonly code: string | null;
  readonly property: string | null;
  readonly message: string;
}

const CODE = /^[A-Za-z][A-Za-z0-9_.-]{1,63}$/;
const PROPERTY = /^[A-Za-z][A-Za-z0-9_]{0,99}$/;
const BY_STATUS: Readonly<Record<number, string>> = { 404: "OBJECT_NOT_FOUND", 409: "CONFLICT" };

/**
 * The most exact code, the property and the sentence of an error. HubSpot gives the exact ones either as JSON inside the message
 * ("Property values were not valid: [{…}]") or in inner errors; the category is the fallback, then the status.
 */
export function errorFact(
  error: ErrorObject | null,
  status: number | null,
  sentProperties: Readonly<Record<string, string>>,
): ErrorFact {
  const fallback = status === null ? "UNKNOWN_ERROR" : (BY_STATUS[status] ?? `HTTP_${status}`);
  if (error === null) {
    return {
      code: fallback,
      property: null,
      message: `HubSpot answered ${status ?? "nothing"} without a reason`,
    };
  }
  const entries = [...entriesInMessage(error.message), ...error.inner.map(entryOf)];
  // Of several problems in one refusal, the one about a property of this very row is its reason.
  const own = entries.find(
    (entry) => entry.property !== null && Object.hasOwn(sentProperties, entry.property),
  );
  const entry = own ?? entries.find((candidate) => candidate.code !== null);
  const code = [entry?.code, error.code, error.category].find(isCode) ?? fallback;
  const property = entry?.property ?? propertyOf(error);
  const names = [...Object.keys(sentProperties), ...(property === null ? [] : [property])];
  const sentence = entry?.message || error.message;
  const scrubbed = scrubMessage(sentence, Object.values(sentProperties), names);
  return { code, property, message: withoutFullStop(scrubbed) };
}

function entriesInMessage(message: string): readonly ValidationEntry[] {
  const start = message.indexOf("[{");
  if (start < 0) return [];
  const list = parseJson(message.slice(start, message.lastIndexOf("]") + 1));
  if (!Array.isArray(list)) return [];
  return list.map(asObject).flatMap((entry) =>
    entry === null
      ? []
      : [
          {
            code: validCode(asText(entry.error)),
            property: validProperty(asText(entry.name)),
            message: asText(entry.message) ?? "",
          },
        ],
  );
}

function entryOf(error: ErrorObject): ValidationEntry {
  return { code: validCode(error.code), property: propertyOf(error), message: error.message };
}

function propertyOf(error: ErrorObject): string | null {
  return validProperty(error.context.propertyName?.[0] ?? error.context.properties?.[0] ?? null);
}

function validProperty(name: string | null): string | null {
  return name !== null && PROPERTY.test(name) ? name : null;
}

function validCode(code: string | null): string | null {
  return code !== null && CODE.test(code) ? code : null;
}

function isCode(code: string | null | undefined): code is string {
  return code !== null && code !== undefined && CODE.test(code);
}
