import { createRequire } from "node:module";
import type { ParsedParameter } from "../windmill_parser.ts";

type Internal = typeof import("windmill-utils-internal");

// Its ESM entry does not load in Node.
const { argSigToJsonSchemaType } = createRequire(import.meta.url)("windmill-utils-internal") as Internal;

type Property = Parameters<Internal["argSigToJsonSchemaType"]>[1];

/** The form of a script in Windmill's UI, as its own editor infers it from the signature. */
export interface ScriptSchema {
  readonly $schema: string;
  readonly type: "object";
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required: readonly string[];
  readonly order: readonly string[];
}

/** The schema of a script's arguments, with what `descriptions` says of each by name. */
export function scriptSchema(
  parameters: readonly ParsedParameter[],
  descriptions: ReadonlyMap<string, string>,
): ScriptSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: Object.fromEntries(
      parameters.map((parameter) => [
        parameter.name,
        propertyOf(parameter, descriptions.get(parameter.name) ?? ""),
      ]),
    ),
    required: parameters.filter(({ has_default }) => !has_default).map(({ name }) => name),
    order: parameters.map(({ name }) => name),
  };
}

function propertyOf({ typ, default: value }: ParsedParameter, description: string): unknown {
  const property: Property = { type: "", description };
  argSigToJsonSchemaType(typ as Parameters<Internal["argSigToJsonSchemaType"]>[0], property);
  property.default = value;
  // Without what it sets to undefined, which YAML would write as null.
  return JSON.parse(JSON.stringify(property));
}
