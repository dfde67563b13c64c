import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** What of package-lock.json says which packages run on Windmill; packages for development do not change what a step does. */
const packageLock = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string().optional(), dev: z.boolean().default(false) }),
  ),
});

/** Hash of every TypeScript file that Windmill runs and of the versions of its packages; part of each asset's code version. */
export function hashOfSources(root: string): string {
  const folder = join(root, "f");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .sort();
  const hash = createHash("sha256");
  for (const file of files) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(folder, file)))
      .update("\0");
  }
  const { packages } = packageLock.parse(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")));
  for (const [path, { version = "", dev }] of Object.entries(packages)) {
    if (path !== "" && !dev) hash.update(`${path}@${version}\n`);
  }
  return hash.digest("hex");
}
