import { join, parse } from "node:path";
import { build, type Metafile } from "esbuild";
import { FOLDER } from "../build/compile_flows.ts";
import { LEFT_OUT, leaveOut, modulePattern } from "./left_out.ts";
import { LIBRARY, libraryEntry } from "./library.ts";
import { nodeBuiltins } from "./node_builtins.ts";
import { stepScripts } from "./step_scripts.ts";

/** One self-contained ESM file. */
export interface Bundle {
  readonly name: string;
  readonly bytes: number;
  /** Bytes by package; `tailrace` is the project itself. */
  readonly packages: ReadonlyMap<string, number>;
  /** What it imports; a bundle that needs nothing beside it imports modules of Node only. */
  readonly imports: readonly string[];
}

export interface BundleOptions {
  /** Folder that the files are written to; without it they are only measured. */
  readonly to?: string;
  readonly minify: boolean;
}

/** The name of the library's bundle, and of the project among the packages. */
const LIBRARY_NAME = "tailrace";

/**
 * Bundles every step script and the library, for Node 20, Bun and Deno alike. What is left out of packages is in `LEFT_OUT`.
 * Throws esbuild's error, which lists every problem, and `BUNDLE_LEFT_OUT` when a package no longer has a module that is left out.
 */
export async function bundleAll(root: string, options: BundleOptions): Promise<readonly Bundle[]> {
  const entryPoints = [
    ...stepScripts(root).map((name) => ({ in: join(FOLDER, `${name}.ts`), out: name })),
    { in: LIBRARY, out: LIBRARY_NAME },
  ];
  const metafile = await run(root, entryPoints, options);
  const modules = Object.keys(metafile.inputs);
  const gone = LEFT_OUT.filter((left) => !modules.some((path) => modulePattern(left).test(path)));
  if (gone.length > 0) {
    const list = gone.map((left) => `  ${left.package}/${left.path}`).join("\n");
    throw new Error(
      `BUNDLE_LEFT_OUT: modules that are to be left out are not there any more, so what they were may be in the bundles:\n${list}\nCorrect local/bundle/left_out.ts.`,
    );
  }
  return bundlesOf(metafile);
}

/** The size of what talks to HubSpot, by itself. */
export async function hubspotPart(root: string, minify: boolean): Promise<Bundle> {
  const entry = { in: join(FOLDER, "hubspot", "resource.ts"), out: "hubspot" };
  const [part] = bundlesOf(await run(root, [entry], { minify }));
  if (part === undefined) throw new Error("esbuild wrote nothing.");
  return part;
}

async function run(
  root: string,
  entryPoints: { in: string; out: string }[],
  { to, minify }: BundleOptions,
): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: to ?? join(root, "dist"),
    write: to !== undefined,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    minify,
    metafile: true,
    // The Snowflake driver looks beside its own file for a configuration, and a module has no __dirname.
    define: { __dirname: "import.meta.dirname" },
    logLevel: "silent",
    plugins: [libraryEntry(root), leaveOut(), nodeBuiltins()],
  });
  return metafile;
}

function bundlesOf(metafile: Metafile): readonly Bundle[] {
  return Object.entries(metafile.outputs).map(([path, output]) => bundleOf(path, output));
}

function bundleOf(path: string, output: Metafile["outputs"][string]): Bundle {
  const packages = new Map<string, number>();
  for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
    const name = packageOf(input);
    packages.set(name, (packages.get(name) ?? 0) + bytesInOutput);
  }
  return {
    name: parse(path).name,
    bytes: output.bytes,
    packages,
    imports: [...new Set(output.imports.map((imported) => imported.path))].sort(),
  };
}

/** The innermost package of a path, with its scope. */
function packageOf(path: string): string {
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
  return name ?? LIBRARY_NAME;
}
