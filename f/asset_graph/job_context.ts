import type { Asset } from "./asset.ts";
import { nodesOf } from "./asset_node.ts";
import { fingerprintHash } from "./code_version.ts";
import type { JobContext } from "./compute.ts";
import { reachableAssets } from "./graph.ts";
import type { Job } from "./job.ts";
import { assetKey } from "./key.ts";
import { selectAssets } from "./selection.ts";

export interface CompileOptions {
  /** The Windmill folder that the flow is deployed to, such as `f/reverse_etl`. */
  readonly folder: string;
  /** Hash of the sources of the steps, so that an asset's code version changes with them. */
  readonly sources: string;
}

export function flowPath(job: Job, folder: string): string {
  return `${folder}/${job.name}`;
}

/** What a job's steps are told of it; also used to describe the job elsewhere. The job must have been validated. */
export function jobContext(job: Job, options: CompileOptions) {
  const all = reachableAssets(job.assets);
  const byKey = new Map(all.map((asset) => [asset.key, asset]));
  const assets = selectAssets(nodesOf(all), job.select).flatMap((key) => byKey.get(key) ?? []);
  const published = assets.filter(({ compute }) => compute?.stage === "publish");
  const codeVersion = ({ compute, deps }: Asset) =>
    fingerprintHash([
      compute?.kind,
      compute?.fingerprint,
      deps.map(({ key }) => key).sort(),
      options.sources,
    ]);
  const context: JobContext = {
    job: flowPath(job, options.folder),
    assets,
    codeVersion,
    published: published.map(({ key }) => assetKey(key)),
    selected: `results.${job.opening.id}.selected`,
    runId: `results.${job.opening.id}.run_id`,
  };
  return { context, published, codeVersion };
}
