import type { Asset } from "../../f/asset_graph/asset.ts";
import { jobContext } from "../../f/asset_graph/job_context.ts";
import { nearestName } from "../../f/asset_graph/nearest_name.ts";
import { compiledSync, isReverseEtl } from "../../f/reverse_etl/reverse_etl.ts";
import type { CompiledSync } from "../../f/reverse_etl/sync/sync_session.ts";
import { type CompiledJob, compileJobs, FOLDER } from "../build/compile_flows.ts";
import { CliError, type CliErrorCode } from "./cli_error.ts";
import type { Surroundings } from "./surroundings.ts";

/** One declared sync, and the first job that computes it. */
export interface DeclaredSync {
  readonly sync: CompiledSync;
  readonly asset: Asset;
  readonly job: CompiledJob;
}

/** What `flows/` declares, compiled. */
export interface Project {
  readonly jobs: readonly CompiledJob[];
  readonly syncs: readonly DeclaredSync[];
}

/**
 * Compiles what is declared now, which is what `npm run build` would write.
 * Throws `CLI_FLOWS` when a file of `flows/` does not run, and an `AssetGraphError` with every problem of what they declare.
 */
export async function loadProject({ jobs, root }: Surroundings): Promise<Project> {
  const declared = await jobs().catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    throw new CliError("CLI_FLOWS", `A file of flows/ cannot be loaded: ${message}`);
  });
  const compiled = compileJobs(declared, root);
  const syncs = new Map<string, DeclaredSync>();
  for (const job of compiled) {
    for (const declared of syncsOf(job)) {
      if (!syncs.has(declared.sync.key)) syncs.set(declared.sync.key, declared);
    }
  }
  return { jobs: compiled, syncs: [...syncs.values()] };
}

/** The syncs that a job computes, in the order in which they follow one another. */
export function syncsOf(job: CompiledJob): readonly DeclaredSync[] {
  // The code version goes into the record of a run only, and runs have theirs from the compiled flow.
  const { context } = jobContext(job.job, { folder: FOLDER, sources: "" });
  return context.assets.flatMap((asset) => {
    if (!isReverseEtl(asset.compute)) return [];
    const codeVersion = context.codeVersion(asset);
    return [{ sync: compiledSync({ asset, job: context.job, codeVersion }, asset.compute.sync), asset, job }];
  });
}

/** Throws `CLI_UNKNOWN_SYNC` that names the nearest. */
export function findSync(project: Project, key: string): DeclaredSync {
  const found = project.syncs.find(({ sync }) => sync.key === key);
  const keys = project.syncs.map(({ sync }) => sync.key);
  if (found === undefined) throw unknown("CLI_UNKNOWN_SYNC", "sync", key, keys);
  return found;
}

/**
 * A job by its name or by the path of its flow. Throws `CLI_UNKNOWN_JOB` that names the nearest.
 *
 * @param syncs Keys of syncs that would have done as well.
 */
export function findJob(project: Project, name: string, syncs: readonly string[] = []): CompiledJob {
  const found = project.jobs.find(({ job }) => job.name === name || `${FOLDER}/${job.name}` === name);
  const names = [...syncs, ...project.jobs.map(({ job }) => job.name)];
  if (found === undefined)
    throw unknown("CLI_UNKNOWN_JOB", syncs.length > 0 ? "sync or job" : "job", name, names);
  return found;
}

function unknown(code: CliErrorCode, noun: string, name: string, names: readonly string[]): CliError {
  const nearest = nearestName(name, names);
  const known = names.length === 0 ? "flows/ declares none" : `There is: ${names.join(", ")}`;
  const hint = nearest === null ? known : `Nearest: "${nearest}"`;
  return new CliError(code, `There is no ${noun} "${name}". ${hint}. npx tailrace check lists them.`);
}
