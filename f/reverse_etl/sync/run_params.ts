import * as z from "zod";
import { RetlError } from "./error.ts";

/** Windmill passes null for what a schedule or a form leaves out; it applies no defaults of the flow's schema (seen on 1.788). */
const runParamsSchema = z.object({
  dry_run: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  resync: z
    .enum(["changes", "all", "rejected"])
    .nullish()
    .transform((value) => value ?? "changes"),
  approve: z
    .string()
    .trim()
    .nullish()
    .transform((plan) => (plan === undefined || plan === null || plan === "" ? null : plan)),
});

/** What a person may choose for one run in Windmill's form. */
export interface RunParams extends z.output<typeof runParamsSchema> {
  /** True when rows that HubSpot refused because of a property's definition need not wait: it is another one now. */
  readonly definitions_changed?: boolean;
}

/** Throws `RETL_CONFIG` that lists every parameter that is not one. */
export function parseRunParams(input: unknown): RunParams {
  const parsed = runParamsSchema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new RetlError("RETL_CONFIG", {
    what: `The run's parameters are not valid: ${problems.join("; ")}.`,
    state: "Nothing was read or written.",
    next: "Correct them and run again.",
    details: { problems },
  });
}
