import type { z } from "zod";
import { RetlError } from "../sync/error.ts";

/** Parses a dbt resource; throws `RETL_CONFIG` that lists every problem at once, each naming its field, never a value. */
export function parseDbtResource<Shape extends z.ZodType>(shape: Shape, resource: unknown): z.output<Shape> {
  const parsed = shape.safeParse(resource);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `${issue.path.join(".") || "the resource"}: ${issue.message}`,
  );
  throw new RetlError("RETL_CONFIG", {
    what: `The dbt resource has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:\n${problems.map((line) => `  ${line}`).join("\n")}\n`,
    state: "Nothing was built or sent.",
    next: "Correct the resource.",
    details: { problems },
  });
}
