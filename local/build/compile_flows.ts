import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compile, compileSchedule, jobContext } from "../../f/asset_graph/compile.ts";
import type { Job } from "../../f/asset_graph/job.ts";
import type { OpenFlow, Schedule } from "../../f/asset_graph/openflow.ts";
import { validate } from "../../f/asset_graph/validate.ts";
import { migrateFlow } from "../../f/reverse_etl/migrate_flow.ts";
import { hashOfSources } from "./hash_of_sources.ts";

/** The Windmill folder that everything is deployed to. */
export const FOLDER = "f/reverse_etl";

export interface CompiledJob {
  readonly job: Job;
  readonly flow: OpenFlow;
  readonly migrate: OpenFlow;
  readonly schedule: Schedule;
}

/** The jobs that the files of `flows/` export. */
export async function loadJobs(root: string): Promise<readonly Job[]> {
  const files = readdirSync(join(root, "flows")).filter((name) => name.endsWith(".ts"));
  const modules = await Promise.all(
    files
      .sort()
      .map(
        (file) => import(pathToFileURL(join(root, "flows", file)).href) as Promise<Record<string, unknown>>,
      ),
  );
  return modules.flatMap((exported) => Object.values(exported)).filter(isJob);
}

/** Validates all jobs together, then compiles each; throws an `AssetGraphError` with every problem. */
export function compileJobs(jobs: readonly Job[], root: string): readonly CompiledJob[] {
  validate(jobs);
  const options = { folder: FOLDER, sources: hashOfSources(root) };
  return jobs.map((job) => ({
    job,
    flow: compile(job, options),
    migrate: migrateFlow(jobContext(job, options).context, job),
    schedule: compileSchedule(job, FOLDER),
  }));
}

function isJob(value: unknown): value is Job {
  return (
    typeof value === "object" &&
    value !== null &&
    "opening" in value &&
    "schedule" in value &&
    "select" in value
  );
}
