import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { COMPILED, readCompiledIndex } from "./compiled_index.ts";
import { DBT_PROJECT, hashOfSources, sha256 } from "./project.ts";

/**
 * What of the committed compiled SQL is not what `dbt compile` would write, one line each; empty when nothing is.
 * Needs no dbt: it compares hashes of what was compiled and of what came out.
 */
export function checkCompiledModels(folder: string = COMPILED, project: string = DBT_PROJECT): string[] {
  const remedy = "run npm run dbt -- compile";
  if (!existsSync(join(folder, "index.json"))) return [`${folder} has no index.json: ${remedy}`];
  const index = readCompiledIndex(folder);
  const problems: string[] = [];
  if (index.sources !== hashOfSources(project)) {
    problems.push(`local/demo/compiled is older than sql/dbt: ${remedy}`);
  }
  const expected = new Map(index.nodes.map((node) => [node.file, node.sha256]));
  const present = readdirSync(folder).filter((file) => file !== "index.json");
  for (const [file, hash] of expected) {
    if (!present.includes(file)) problems.push(`local/demo/compiled/${file} is missing: ${remedy}`);
    else if (sha256(readFileSync(join(folder, file), "utf8")) !== hash) {
      problems.push(`local/demo/compiled/${file} was edited by hand: ${remedy}`);
    }
  }
  for (const file of present.filter((file) => !expected.has(file))) {
    problems.push(`local/demo/compiled/${file} belongs to no dbt model: ${remedy}`);
  }
  return problems;
}
