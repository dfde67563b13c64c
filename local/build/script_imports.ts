import { build } from "esbuild";

/**
 * The npm packages that each script reaches when it runs, by its own imports and by those of every script that it imports; imports of
 * types are none.
 *
 * @param scripts Paths from the root, such as `f/reverse_etl/settle.ts`.
 * @throws esbuild's error, which lists every import that leads nowhere.
 */
export async function packagesOfScripts(
  root: string,
  scripts: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { metafile } = await build({
    absWorkingDir: root,
    stdin: {
      contents: scripts.map((path) => `import ${JSON.stringify(`./${path}`)};`).join("\n"),
      resolveDir: root,
    },
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "silent",
  });
  const reached = (path: string, seen: Set<string>): Set<string> => {
    for (const { path: target, external } of metafile.inputs[path]?.imports ?? []) {
      if (seen.has(target)) continue;
      seen.add(target);
      if (external !== true) reached(target, seen);
    }
    return seen;
  };
  return new Map(
    scripts.map((path) => {
      const packages = [...reached(path, new Set())].filter(isPackage).map(packageOf);
      return [path, [...new Set(packages)].sort()];
    }),
  );
}

function isPackage(specifier: string): boolean {
  return !/^(f\/|node:)/.test(specifier);
}

/** `@scope/name/inner` belongs to `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
