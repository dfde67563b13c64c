import type { Plugin } from "esbuild";

/** Name of the entry point that has no file of its own. */
export const LIBRARY = "tailrace:library";

/**
 * What the library exports, by the module that declares it: what a file of flows/ needs, what compiles it, and the push with its
 * ports for whoever keeps plan and journal elsewhere.
 */
const EXPORTS: Readonly<Record<string, readonly string[]>> = {
  "f/asset_graph/asset.ts": ["asset", "external"],
  "f/asset_graph/asset_graph_error.ts": ["AssetGraphError"],
  "f/asset_graph/compile.ts": ["compile", "compileSchedule"],
  "f/asset_graph/job.ts": ["cron", "job"],
  "f/asset_graph/job_context.ts": ["jobContext"],
  "f/asset_graph/script_step.ts": ["expression", "scriptStep"],
  "f/asset_graph/selection.ts": ["selectAssets"],
  "f/asset_graph/validate.ts": ["validate"],
  "f/reverse_etl/hubspot/rate_limit.ts": ["createRateLimiter"],
  "f/reverse_etl/hubspot/resource.ts": ["hubspotFromResource"],
  "f/reverse_etl/migrate_flow.ts": ["migrateFlow"],
  "f/reverse_etl/reverse_etl.ts": ["compiledSync", "reverseEtl"],
  "f/reverse_etl/reverse_etl_job.ts": ["dbtModel", "dbtPrep", "environmentBranch", "recordFailure"],
  "f/reverse_etl/sync/clock.ts": ["systemClock", "systemRandom"],
  "f/reverse_etl/sync/error.ts": ["RetlError"],
  "f/reverse_etl/sync/push.ts": ["pushBatch"],
};

/** Gives the library's entry point its exports. */
export function libraryEntry(root: string): Plugin {
  return {
    name: "library entry",
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${LIBRARY}$`) }, () => ({
        path: LIBRARY,
        namespace: "library",
      }));
      build.onLoad({ filter: /.*/, namespace: "library" }, () => ({
        contents: Object.entries(EXPORTS)
          .map(([file, names]) => `export { ${names.join(", ")} } from "./${file}";`)
          .join("\n"),
        resolveDir: root,
      }));
    },
  };
}
