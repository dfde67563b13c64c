import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compile, compileSchedule } from "../../f/asset_graph/compile.ts";
import type { Job } from "../../f/asset_graph/job.ts";
import { jobContext } from "../../f/asset_graph/job_context.ts";
import type { OpenFlow, Schedule } from "../../f/asset_graph/openflow.ts";
import { validate } from "../../f/asset_graph/validate.ts";
import { migrateFlow } from "../../f/reverse_etl/migrate_flow.ts";
import { hashOfSources } from "./hash_of_sources.ts";

/** The Windmill folder that everything is deployed to. */
export const FOLDER = "f/reverse_etl";

export interface CompiledJob {
  readonly job: Job;
  readonly flow: OpenFlow;
  /** Makes the tables of the job's syncs; null for a job without one. */
  readonly migrate: OpenFlow | null;
  /** Null for a job that people start. */
  readonly schedule: Schedule | null;
}

/** The jobs that the files of `flows/` export, each once, in the order of the files' names. */
export async function loadJobs(root: string): Promise<readonly Job[]> {
  const files = readdirSync(join(root, "flows"))
    .filter((name) => name.endsWith(".ts"))
    .sort();
  const jobs = new Set<Job>();
  for (const file of files) {
    const exported: Record<string, unknown> = await import(pathToFileURL(join(root, "flows", file)).href);
    for (const value of Object.values(exported).filter(isJob)) jobs.add(value);
  }
  return [...jobs];
}

/** Validates all jobs together, then compiles each; throws an `AssetGraphError` with every problem. */
export function compileJobs(jobs: readonly Job[], root: string): readonly CompiledJob[] {
  validate(jobs);
  const options = { folder: FOLDER, sources: hashOfSources(root) };
  return jobs.map((job) => {
    const migrate = migrateFlow(jobContext(job, options).context, job);
    return {
      job,
      flow: compile(job, options),
      migrate: migrate.value.modules.length === 0 ? null : migrate,
      schedule: compileSchedule(job, FOLDER),
    };
  });
}

function isJob(value: unknown): value is Job {
  return typeof value === "object" && value !== null && "opening" in value && "select" in value;
}
