import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Bun of this project's own packages, the version that `package.json` pins. */
export const BUN_BINARY = join(
  dirname(createRequire(import.meta.url).resolve("bun/package.json")),
  "bin",
  "bun.exe",
);
