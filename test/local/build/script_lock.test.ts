import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { packagesOfScripts } from "../../../local/build/script_imports.ts";
import { scriptLocks } from "../../../local/build/script_lock.ts";
import { ROOT } from "../../support/repository_files.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

/** A root with these files. */
function repository(files: Readonly<Record<string, string>>): string {
  const root = temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

describe("the packages of a script", () => {
  it("are those that it and everything it imports load; types, modules of Node and what nobody imports are none", async () => {
    const files = {
      "f/x/entry.ts":
        'import { b } from "./inner/b.ts";\nimport type { T } from "typed-only";\nexport const a: T = b;\n',
      "f/x/inner/b.ts":
        'import { readFile } from "node:fs";\nimport "@scope/two/deep.js";\nimport "../c.ts";\nexport const b = readFile;\n',
      "f/x/c.ts": 'import "./entry.ts";\nexport const c = async () => import("zod");\n',
      "f/x/alone.ts": 'import type { T } from "./c.ts";\nexport const d = 1 as unknown as T;\n',
    };
    const packages = await packagesOfScripts(repository(files), Object.keys(files));
    const both = ["@scope/two", "zod"];
    expect(Object.fromEntries(packages)).toEqual({
      "f/x/entry.ts": both,
      "f/x/inner/b.ts": both,
      "f/x/c.ts": both,
      "f/x/alone.ts": [],
    });
  });

  it("cannot be told of a script that imports a file that is not there", async () => {
    const root = repository({ "f/x/entry.ts": 'import "./gone.ts";\n' });
    await expect(packagesOfScripts(root, ["f/x/entry.ts"])).rejects.toThrow("./gone.ts");
  });
});

describe("the lock of a script", () => {
  it("is the package.json with exact versions and Bun's lock of the same, in the form of Windmill", async () => {
    const [manifest = "", bun = ""] = (await scriptLocks(ROOT)(["p-limit"])).split("\n//bun.lock\n");
    expect(JSON.parse(manifest)).toEqual({ dependencies: { "p-limit": "7.3.3" } });
    expect(bun).toMatch(/^\{\n {2}"lockfileVersion": 1,/);
    expect(bun).toMatch(/"yocto-queue": \["yocto-queue@[\d.]+", "", \{\}, "sha512-/);
  });

  it("says that there is no package in the way that Windmill knows", async () => {
    expect(await scriptLocks(ROOT)([])).toBe('{"dependencies":{}}\n//bun.lock\n<empty>');
  });

  it("cannot be made for a package that package-lock.json does not have, directly or indirectly", async () => {
    const root = repository({
      "package-lock.json": JSON.stringify({
        lockfileVersion: 3,
        packages: { "": {}, "node_modules/p-limit": { version: "7.3.3", integrity: "sha512-AA==" } },
      }),
    });
    const lock = scriptLocks(root);
    await expect(lock(["p-limit", "left-pad"])).rejects.toThrow("BUILD_LOCK: f/ imports left-pad, which");
    expect(await lock(["p-limit"])).toContain("p-limit@7.3.3");
  });
});
