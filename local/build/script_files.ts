import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { packagesOfScripts } from "./script_imports.ts";
import { scriptLocks } from "./script_lock.ts";
import { scriptMetadata } from "./script_metadata.ts";

/** Every TypeScript file of `f/`, by its path from the root: each is a script of Windmill, with or without a `main`. */
export function scriptPaths(root: string): readonly string[] {
  return readdirSync(join(root, "f"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => posix.join("f", path.replaceAll("\\", "/")))
    .sort();
}

/**
 * The `.script.yaml` and the `.script.lock` of every script, by path from the root. Without the first Windmill shows no form; without the
 * second it installs the newest versions of packages, and deploys the script again with every push.
 *
 * @throws an error with every problem of every script.
 */
export async function scriptFiles(root: string): Promise<ReadonlyMap<string, string>> {
  const scripts = scriptPaths(root);
  const packages = await packagesOfScripts(root, scripts);
  const lock = scriptLocks(root);
  const files = new Map<string, string>();
  const problems: string[] = [];
  // Each set of packages is a process of Bun, so all are started before the first is waited for.
  const locks = await Promise.all(scripts.map((file) => lock(packages.get(file) ?? [])));
  for (const [index, file] of scripts.entries()) {
    const path = file.slice(0, -".ts".length);
    const metadata = await scriptMetadata(path, readFileSync(join(root, file), "utf8"));
    problems.push(...metadata.problems.map((problem) => `${file}: ${problem}`));
    files.set(`${path}.script.yaml`, metadata.content);
    files.set(`${path}.script.lock`, locks[index] ?? "");
  }
  if (problems.length === 0) return files;
  const list = problems.map((problem) => `  ${problem}`).join("\n");
  throw new Error(`BUILD_SCRIPTS: nothing was written, because of the scripts in f/:\n${list}`);
}
