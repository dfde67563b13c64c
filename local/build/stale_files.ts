import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FOLDER } from "./compile_flows.ts";

/** The paths of which the committed file is not what the build would write, and flows and schedules that no job has any more. */
export function staleFiles(root: string, files: ReadonlyMap<string, string>): readonly string[] {
  const differing = [...files]
    .filter(([path, content]) => read(join(root, path)) !== content)
    .map(([path]) => path);
  const left = readdirSync(join(root, FOLDER), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith("flow.yaml") || path.endsWith(".schedule.yaml"))
    .map((path) => join(FOLDER, path))
    .filter((path) => !files.has(path));
  return [...differing, ...left];
}

function read(path: string): string | null {
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}
