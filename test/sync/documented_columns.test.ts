import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const NAMES: Readonly<Record<string, string>> = {
  runs: "retl_runs",
  alerts: "retl_alerts",
  events: "asset_events",
  changes: "<sync_table>",
};

/** The README's table of columns: the backquoted names of the second column, by table. */
function documented(): ReadonlyMap<string, ReadonlySet<string>> {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const section = /<summary>All columns<\/summary>([\s\S]*?)<\/details>/.exec(readme)?.[1] ?? "";
  const found = new Map<string, Set<string>>();
  let table = "";
  for (const [, name = "", columns = ""] of section.matchAll(/^\| *(?:`([^`]+)`)? *\|([^|]+)\|/gm)) {
    table = name || table;
    const of = found.get(table) ?? new Set<string>();
    found.set(table, of);
    for (const [, column = ""] of columns.matchAll(/`(\w+)`/g)) of.add(column);
  }
  return found;
}

it("the README explains every column of every table, and no column that there is not", () => {
  const readme = documented();
  const declared = new Map<string, Set<string>>();
  for (const file of readdirSync(join(ROOT, "sql"))) {
    const sql = file.startsWith("migrate_") ? readFileSync(join(ROOT, "sql", file), "utf8") : "";
    const key = /create table if not exists \{\{ (\w+) \}\}/.exec(sql)?.[1];
    if (key === undefined) continue;
    declared.set(
      NAMES[key] ?? `<sync_table>_${key}`,
      new Set([...sql.matchAll(/^ {2}(\w+) \{\{ type/gm)].map(([, column = ""]) => column)),
    );
  }
  // A working table repeats the columns of the others.
  for (const tables of [readme, declared]) (tables as Map<string, unknown>).delete("<sync_table>_fold");
  const sorted = (tables: ReadonlyMap<string, ReadonlySet<string>>) =>
    Object.fromEntries(
      [...tables].filter(([name]) => name !== "").map(([name, of]) => [name, [...of].sort()]),
    );
  expect(declared.size).toBe(9);
  expect(sorted(readme)).toEqual(sorted(declared));
});
