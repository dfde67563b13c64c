import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { scriptFiles } from "../../../local/build/script_files.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

it("a script whose form cannot be described gets no sidecars, nor does any other, and every missing description is named", async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, "f/x"), { recursive: true });
  const write = (path: string, content: string) => writeFileSync(join(root, path), content);
  write("package-lock.json", '{ "lockfileVersion": 3, "packages": {} }');
  write("f/x/good.ts", "/** Works. */\nexport async function main() {}\n");
  write("f/x/part.ts", "export const one = 1;\n");
  expect([...(await scriptFiles(root)).keys()].sort()).toEqual([
    "f/x/good.script.lock",
    "f/x/good.script.yaml",
    "f/x/part.script.lock",
    "f/x/part.script.yaml",
  ]);
  write(
    "f/x/bad.ts",
    "/**\n * Works.\n * @param tokn A slip.\n */\nexport async function main(token: string) {}\n",
  );
  write("f/x/worse.ts", "export async function main() {}\n");
  await expect(scriptFiles(root)).rejects.toThrow(
    [
      "BUILD_SCRIPTS: nothing was written, because of the scripts in f/:",
      '  f/x/bad.ts: the docstring of main has no "@param token" that describes it.',
      "  f/x/bad.ts: the docstring of main describes tokn, which is no parameter.",
      "  f/x/worse.ts: main has no docstring.",
    ].join("\n"),
  );
});
