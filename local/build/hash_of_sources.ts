import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Hash of every TypeScript file that Windmill runs and of the locked packages; part of each asset's code version. */
export function hashOfSources(root: string): string {
  const folder = join(root, "f");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .sort();
  const hash = createHash("sha256");
  for (const file of files)
    hash
      .update(file)
      .update("\0")
      .update(readFileSync(join(folder, file)))
      .update("\0");
  return hash.update(readFileSync(join(root, "package-lock.json"))).digest("hex");
}
