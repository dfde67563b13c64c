import { z } from "zod";
import { invalidJson, type Refusal, validationError } from "./refusal.ts";
import type { SentProperties } from "./row_write.ts";

/** HubSpot's limit of inputs in one batch request (CRM objects API v3, read 2026-11). */
export const MAX_INPUTS = 100;

export interface BatchInput {
  /** `""` in a create. */
  readonly id: string;
  readonly idProperty: string | null;
  readonly properties: SentProperties;
  readonly traceId: string | null;
}

const sentProperties = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

const input = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  idProperty: z.string().nullish(),
  properties: sentProperties.optional(),
  objectWriteTraceId: z.string().nullish(),
});

/** The inputs of a batch request, or the refusal of the whole request when their shape is wrong. */
export function batchInputs(
  body: unknown,
  needs: { readonly id: boolean; readonly properties: boolean },
): BatchInput[] {
  const sent = inputsOf(body);
  if (sent.length > MAX_INPUTS) {
    throw validationError(`The maximum number of inputs supported in a batch request is ${MAX_INPUTS}`);
  }
  const inputs = sent.map((one, index) => {
    const parsed = input.safeParse(one);
    if (!parsed.success) throw wrongShape(`inputs[${index}]`, parsed.error);
    const { id, idProperty, properties, objectWriteTraceId } = parsed.data;
    if (needs.id && (id === undefined || id === "")) throw missing(`inputs[${index}].id`);
    if (needs.properties && properties === undefined) throw missing(`inputs[${index}].properties`);
    return {
      id: String(id ?? ""),
      idProperty: idProperty ?? null,
      properties: properties ?? {},
      traceId: objectWriteTraceId ?? null,
    };
  });
  return inputs;
}

/** The properties of a request about one record. */
export function singleProperties(body: unknown): SentProperties {
  const parsed = z.object({ properties: sentProperties }).safeParse(body);
  if (!parsed.success) throw wrongShape("the body", parsed.error);
  return parsed.data.properties;
}

/** HubSpot answers row by row only when every input has a trace id of its own. */
export function answersRowByRow(inputs: readonly BatchInput[]): boolean {
  const traceIds = new Set(inputs.map(({ traceId }) => traceId));
  return inputs.length > 0 && !traceIds.has(null) && !traceIds.has("") && traceIds.size === inputs.length;
}

function inputsOf(body: unknown): readonly unknown[] {
  if (typeof body !== "object" || body === null)
    throw invalidJson("on line 1, column 1: an object was expected");
  if (!("inputs" in body) || body.inputs === null) throw missing("inputs");
  if (!Array.isArray(body.inputs)) throw invalidJson("on line 1, column 1: `inputs` must be a list");
  return body.inputs;
}

export function missing(field: string): Refusal {
  return validationError(`Some required fields were not set: [${field}]`);
}

export function wrongShape(where: string, error: z.ZodError): Refusal {
  const first = error.issues[0];
  const path = first === undefined ? "" : first.path.join(".");
  return invalidJson(`at ${where}${path === "" ? "" : `.${path}`}: Cannot deserialize value`);
}
