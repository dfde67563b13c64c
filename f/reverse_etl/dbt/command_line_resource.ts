import { existsSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { parseDbtResource } from "./resource_problems.ts";

const path = z.string().min(1, "must be a path");

const folderOf = (file: string) =>
  path.refine((folder) => existsSync(join(folder, file)), {
    error: ({ input }) => `there is no ${file} in ${String(input)}`,
  });

const shape = z.strictObject({
  backend: z.literal("command_line"),
  /** A name on the PATH or a path. */
  executable: path.default("dbt"),
  project_dir: folderOf("dbt_project.yml"),
  /** Left out, dbt looks into project_dir and then into ~/.dbt. */
  profiles_dir: folderOf("profiles.yml").optional(),
  /** Left out, the profile's default target. */
  target: z.string().min(1, "must be the name of a target").optional(),
  vars: z.record(z.string(), z.json()).optional(),
  /** Environment variables for dbt beside those of this process; secrets as `$var:` references. */
  environment: z.record(z.string(), z.string()).optional(),
  /** How long dbt may take for one build. */
  timeout_seconds: z.number().positive().max(86_400).default(3_600),
});

export type CommandLineResource = z.output<typeof shape>;

/** Throws `RETL_CONFIG` with every problem of a dbt resource of the back end `command_line`, missing folders included. */
export function parseCommandLineResource(resource: unknown): CommandLineResource {
  return parseDbtResource(shape, resource);
}
