import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FOLDER } from "./compile_flows.ts";

/** The paths of which the file that is there is not what the build would write. */
export function staleFiles(root: string, files: ReadonlyMap<string, string>): readonly string[] {
  return [...files].filter(([path, content]) => read(join(root, path)) !== content).map(([path]) => path);
}

/** Flows, schedules and resources that an earlier build wrote and that nothing declares any more; `wmill sync push` would still deploy them. */
export function leftFiles(root: string, files: ReadonlyMap<string, string>): readonly string[] {
  return readdirSync(join(root, FOLDER), { recursive: true, encoding: "utf8" })
    .filter((path) => /(__flow\/flow|\.schedule|\.resource)\.yaml$/.test(path.replaceAll("\\", "/")))
    .map((path) => join(FOLDER, path))
    .filter((path) => !files.has(path))
    .sort();
}

function read(path: string): string | null {
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}
