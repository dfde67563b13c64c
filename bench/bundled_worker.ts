import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { leaveOut } from "../local/bundle/left_out.ts";
import { nodeBuiltins } from "../local/bundle/node_builtins.ts";

/** A worker's code as one file, without what no step reaches. */
export interface BundledWorker {
  readonly path: string;
  /** Removes the file. */
  remove(): void;
}

/**
 * Bundles a worker as `npm run bundle` bundles a step, so that what is measured is the push and not the compiler of TypeScript that would
 * load it.
 */
export async function bundleWorker(script: string): Promise<BundledWorker> {
  const folder = mkdtempSync(join(tmpdir(), "tailrace-bench-"));
  const path = join(folder, "worker.mjs");
  await build({
    entryPoints: [join(import.meta.dirname, script)],
    outfile: path,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    // The Snowflake driver looks beside its own file for a configuration, and a module has no __dirname.
    define: { __dirname: "import.meta.dirname" },
    logLevel: "silent",
    plugins: [leaveOut(), nodeBuiltins()],
  });
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
