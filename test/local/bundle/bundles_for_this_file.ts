import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";
import { afterAll, beforeAll } from "vitest";
import { type Bundle, bundleAll } from "../../../local/bundle/bundle.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

export const ROOT = join(import.meta.dirname, "..", "..", "..");

/** Bundles once for all tests of a file, into a folder that has no packages beside or above it, together with the `*_child.ts`. */
export function bundlesForThisFile(): { all(): readonly Bundle[]; file(name: string): string } {
  let folder = "";
  let all: readonly Bundle[] = [];
  beforeAll(async () => {
    folder = temporaryFolder(afterAll);
    all = await bundleAll(ROOT, { to: folder, minify: true });
    const children = readdirSync(import.meta.dirname).filter((file) => file.endsWith("_child.ts"));
    for (const child of children) {
      const { code } = await transform(readFileSync(join(import.meta.dirname, child), "utf8"), {
        loader: "ts",
      });
      writeFileSync(join(folder, child.replace(/\.ts$/, ".js")), code);
    }
    // Without it Node takes a .js file for CommonJS.
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  });
  return { all: () => all, file: (name) => join(folder, `${name}.js`) };
}
