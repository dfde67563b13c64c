import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The paths of which the file that is there is not what the build would write. */
export function staleFiles(root: string, files: ReadonlyMap<string, string>): readonly string[] {
  return [...files].filter(([path, content]) => read(join(root, path)) !== content).map(([path]) => path);
}

/** The kinds of files that the build writes; anything else in f/ was put there by somebody. */
const WRITTEN =
  /__flow[\\/]flow\.yaml$|\.(schedule|resource|script)\.yaml$|\.script\.lock$|[\\/]folder\.meta\.yaml$/;

/** What an earlier build wrote and nothing declares any more, such as the sidecars of a script that is gone: `wmill sync push` deploys it or fails on it. */
export function leftFiles(root: string, files: ReadonlyMap<string, string>): readonly string[] {
  return readdirSync(join(root, "f"), { recursive: true, encoding: "utf8" })
    .filter((path) => WRITTEN.test(path))
    .map((path) => join("f", path))
    .filter((path) => !files.has(path))
    .sort();
}

function read(path: string): string | null {
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}
