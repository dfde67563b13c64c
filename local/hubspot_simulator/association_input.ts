import { z } from "zod";
import { wrongShape } from "./batch_input.ts";
import { invalidJson, validationError } from "./refusal.ts";

/** HubSpot's limits (associations API v4: guide, and changelog of 2025-02-10 for reading; read 2026-11). */
export const MAX_CREATED = 2_000;
export const MAX_READ = 1_000;
export const MAX_ARCHIVED = 100;

const id = z.union([z.string().min(1), z.number()]).transform(String);
const record = z.object({ id });

export const labelledPair = z.object({
  from: record,
  to: record,
  types: z
    .array(
      z.object({
        associationCategory: z.enum(["HUBSPOT_DEFINED", "USER_DEFINED", "INTEGRATOR_DEFINED"]),
        associationTypeId: z.number().int(),
      }),
    )
    .min(1),
});

export const archivedPairs = z.object({ from: record, to: z.array(record).min(1) });

export const readInput = z.object({ id, after: z.string().nullish() });

/** The inputs of a batch about associations, or the refusal of the whole request. */
export function associationInputs<T extends z.ZodType>(
  body: unknown,
  shape: T,
  limit: number,
): z.output<T>[] {
  const inputs = typeof body === "object" && body !== null && "inputs" in body ? body.inputs : undefined;
  if (!Array.isArray(inputs)) throw invalidJson("on line 1, column 1: `inputs` must be a list");
  if (inputs.length === 0) throw validationError("Some required fields were not set: [inputs]");
  if (inputs.length > limit) {
    throw validationError(`The maximum number of inputs supported in a batch request is ${limit}`);
  }
  return inputs.map((one: unknown, index) => {
    const parsed = shape.safeParse(one);
    if (!parsed.success) throw wrongShape(`inputs[${index}]`, parsed.error);
    return parsed.data;
  });
}
