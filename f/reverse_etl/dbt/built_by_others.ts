import * as z from "zod";
import type { DbtBackend } from "./dbt_backend.ts";
import { buildInProcess } from "./in_process.ts";
import { parseDbtResource } from "./resource_problems.ts";

const shape = z.strictObject({ backend: z.literal("none") });

/**
 * The back end `none`: something else builds the tables, so there is nothing to do and nothing to look at.
 * Throws `RETL_CONFIG` when the resource has settings of another back end.
 */
export function builtByOthers(resource: unknown): DbtBackend {
  parseDbtResource(shape, resource);
  return buildInProcess(async ({ fullRefresh }) => ({
    invocationId: null,
    nodes: [],
    builtByOthers: true,
    warnings: fullRefresh
      ? ["dbt_full_refresh had no effect: the dbt resource says that others build the tables."]
      : [],
  }));
}
