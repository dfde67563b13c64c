import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FOLDER } from "../build/compile_flows.ts";

/** The scripts that Windmill can run by themselves: those that export a `main`, by name, without the ending. */
export function stepScripts(root: string): readonly string[] {
  const folder = join(root, FOLDER);
  return readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .filter((file) => /^export (async )?function main\(/m.test(readFileSync(join(folder, file), "utf8")))
    .map((file) => file.slice(0, -".ts".length))
    .sort();
}
