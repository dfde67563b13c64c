import * as z from "zod";
import { apiHost, platformId, secretToken, target, timeoutSeconds, vars } from "./resource_fields.ts";
import { parseDbtResource } from "./resource_problems.ts";

const shape = z.strictObject({
  backend: z.literal("dbt_platform"),
  /** The account's access URL: scheme and host, as the account settings of the dbt platform show it. */
  base_url: apiHost,
  account_id: platformId,
  /** A job in the environment that is to be built; its own commands are not run, `dbt build` of the selected models is. */
  job_id: platformId,
  /** A service token with the permission to run jobs and to read their artifacts. */
  token: secretToken,
  /** Commands before the build, such as `dbt source freshness`; the first one that fails ends the run. */
  commands_before: z
    .array(z.string().regex(/^dbt \S/, "must begin with dbt"))
    .max(20)
    .default([]),
  target,
  vars,
  /** How often a run that failed is taken up again from the point of failure, where the platform offers that. */
  retries_from_failure: z.number().int().min(0).max(5).default(0),
  /** From here until the run is cancelled; runs of one job wait for each other, and that counts. */
  timeout_seconds: timeoutSeconds(14_400),
});

export type DbtPlatformResource = z.output<typeof shape>;

/** Throws `RETL_CONFIG` with every problem of a dbt resource of the back end `dbt_platform`. */
export function parseDbtPlatformResource(resource: unknown): DbtPlatformResource {
  return parseDbtResource(shape, resource);
}
