import * as z from "zod";
import { isIdentifier } from "../warehouse/identifier.ts";
import { target, timeoutSeconds, vars } from "./resource_fields.ts";
import { parseDbtResource } from "./resource_problems.ts";

const qualifiedName = z
  .string()
  .refine(
    (name) => name.split(".").length === 3 && name.split(".").every(isIdentifier),
    "must be database.schema.name, each a plain identifier",
  );

const shape = z.strictObject({
  backend: z.literal("snowflake_dbt_project"),
  /** The DBT PROJECT object; the role needs USAGE on it, and MONITOR to see what became of its nodes. */
  project: qualifiedName,
  /** An internal stage made with `file_format = (type = json)`, on which the role may READ and WRITE: dbt's results are read through it. */
  artifacts_stage: qualifiedName,
  target,
  vars,
  /** Pins the version of dbt for the build. */
  dbt_version: z
    .string()
    .regex(/^\d+(\.\d+){1,2}$/, "must be a version such as 1.11.11")
    .optional(),
  /** Snowflake itself ends it then, too. At most twelve hours, because it is looked for in the query history of one day. */
  timeout_seconds: timeoutSeconds(14_400, 43_200),
});

export type SnowflakeDbtProjectResource = z.output<typeof shape>;

/** Throws `RETL_CONFIG` with every problem of a dbt resource of the back end `snowflake_dbt_project`. */
export function parseSnowflakeDbtProjectResource(resource: unknown): SnowflakeDbtProjectResource {
  return parseDbtResource(shape, resource);
}
