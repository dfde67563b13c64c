import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SQL } from "../../f/reverse_etl/generated/sql.ts";
import { tablesOf } from "../../f/reverse_etl/sync/tables.ts";
import { snowflakeDialect } from "../../f/reverse_etl/warehouse/dialect.ts";
import { flowWorld } from "../support/flow_world.ts";
import { WRITES } from "../support/lost_answers.ts";
import { compiledPeople, contacts, persons } from "../support/people_sync.ts";
import { RecordingWarehouse } from "./recording_warehouse.ts";
import { accessesOf, placeholderAccessesOf, verbOf } from "./sql_access.ts";

const SCRIPT = readFileSync(join(import.meta.dirname, "..", "..", "sql", "grants", "snowflake.sql"), "utf8");
/** The names of the script's example, as the tables that the scenarios' sync has in their place. */
const SYNC = compiledPeople(
  contacts({
    current_state_tbl: "hubspot_contacts",
    sync_table_name: "hubspot_contacts_sync",
    suppressions: { table: "erased_people" },
  }),
).config;

/** What the role of a run may do, by table. */
function granted(): Map<string, Set<string>> {
  const grants = SCRIPT.matchAll(/^grant ([a-z, ]+) on table (?:\w+\.){2}(\w+) to role TAILRACE;$/gm);
  return new Map(
    [...grants].map(([, privileges = "", table = ""]) => [table, new Set(privileges.split(", "))]),
  );
}

const notGranted = (accesses: Iterable<readonly [table: string, privilege: string]>) => {
  const grants = granted();
  const missing = [...accesses].filter(([table, privilege]) => grants.get(table)?.has(privilege) !== true);
  return [...new Set(missing.map(([table, privilege]) => `${privilege} on ${table}`))].sort();
};

describe("the grants in sql/grants/snowflake.sql", () => {
  const recorded = new Set<string>();
  const closing: (() => unknown)[] = [];
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });

  beforeAll(async () => {
    const world = await flowWorld(
      { sync: contacts({ batch_size: 2, suppressions: { table: "erased_people" } }) },
      (close) => closing.push(close),
    );
    const recording = new RecordingWarehouse(world.warehousePath, recorded);
    const run = (args: Record<string, unknown> = {}) =>
      world.runWhenFree({ warehouse: recording.resource, args });
    await world.sql("create table retl.erased_people (person_id varchar)");
    await world.people([...persons(6), { id: "p0", score: 1 }, { id: "p9", tier: "platinum" }]);
    await run({ dry_run: true });
    await run();
    await world.sql("insert into retl.erased_people values ('p5')");
    await world.people(persons(5, (index) => ({ score: index + 100 })));
    await world.fault({ match: WRITES, times: 2, action: { apply: "never", reply: "close" } });
    await run();
    await world.clearFaults();
    await run({ resync: "all" });
    await world.fault({ match: WRITES, action: { reply: { status: 401, body: {} } } });
    await world.people(persons(5, (index) => ({ score: index + 200 })));
    await run();
    // An empty source holds the run, and its failure is recorded.
    await world.people([]);
    await run();
  }, 60_000);

  it("let a run do everything that whole runs do, the dry, the troubled and the failed ones included", () => {
    expect(recorded.size).toBeGreaterThan(30);
    const accesses = [...recorded]
      .flatMap(accessesOf)
      .map(([table, privilege]): [string, string] => [
        table
          .toUpperCase()
          .replace(/^PEOPLE/, (name) =>
            table === "people" ? "HUBSPOT_CONTACTS" : `HUBSPOT_CONTACTS${name.slice(6)}`,
          ),
        privilege,
      ]);
    expect(notGranted(accesses)).toEqual([]);
  });

  it("let a run do whatever any statement of the product does, apart from those of migrate and of dbt", () => {
    const tables = tablesOf(SYNC, snowflakeDialect);
    const nameOf = (placeholder: string) =>
      /"(\w+)"$/.exec((tables as unknown as Record<string, string>)[placeholder] ?? "")?.[1];
    const accesses = Object.entries(SQL)
      .filter(([name]) => !/^(migrate|dbt_project)_/.test(name))
      .flatMap(([, text]) => placeholderAccessesOf(text))
      .flatMap(([placeholder, privilege]) => {
        const table = nameOf(placeholder);
        return table === undefined ? [] : [[table, privilege] as const];
      });
    expect(new Set(accesses.map(([table]) => table)).size).toBeGreaterThan(7);
    expect(notGranted(accesses)).toEqual([]);
  });

  it("give nothing that no statement needs, and nothing on a table that is not Tailrace's or the source", () => {
    const tables = tablesOf(SYNC, snowflakeDialect);
    const known = Object.values(tables).flatMap((name: string) => /\."(\w+)"$/.exec(name)?.[1] ?? []);
    expect([...granted().keys()].sort()).toEqual(known.sort());
    const used = new Set(
      Object.entries(SQL)
        .filter(([name]) => !/^(migrate|dbt_project)_/.test(name))
        .flatMap(([, text]) => placeholderAccessesOf(text))
        .map(([placeholder, privilege]) => {
          const name = (tables as unknown as Record<string, string>)[placeholder] ?? "";
          return `${privilege} on ${/"(\w+)"$/.exec(name)?.[1]}`;
        }),
    );
    const unused = [...granted()].flatMap(([table, privileges]) =>
      [...privileges].map((privilege) => `${privilege} on ${table}`).filter((grant) => !used.has(grant)),
    );
    // An UPDATE or DELETE with a condition reads the rows that it changes.
    expect(unused.filter((grant) => !grant.startsWith("select on "))).toEqual([]);
  });

  it("are no right to make, change or drop anything at run time", () => {
    const run = SCRIPT.split("\n").filter(
      (line) => /to role TAILRACE;$/.test(line) && !line.startsWith("--"),
    );
    const privileges = run.flatMap((line) => /^grant (.*?) on/.exec(line)?.[1]?.split(", ") ?? []);
    expect([...new Set(privileges)].sort()).toEqual(["delete", "insert", "select", "update", "usage"]);
    const verbs = new Set([...recorded].map(verbOf));
    expect([...verbs].filter((verb) => !/^(delete|insert|select|update|with)$/.test(verb))).toEqual([]);
  });
});
