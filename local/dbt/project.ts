import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The dbt project of the demo. */
export const DBT_PROJECT = join(ROOT, "sql", "dbt");

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Whatever `dbt compile` reads: a change of a macro or of a test changes what it writes as much as one of a model does. */
const SOURCES = /^(dbt_project\.yml|(models|macros|tests)\/.+\.(sql|yml))$/;

/** One hash over everything that the compiled SQL of a dbt project is made from. */
export function hashOfSources(project: string = DBT_PROJECT): string {
  const paths = readdirSync(project, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(project, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => SOURCES.test(path))
    .sort();
  return sha256(
    JSON.stringify(paths.map((path) => [path, sha256(readFileSync(join(project, path), "utf8"))])),
  );
}
