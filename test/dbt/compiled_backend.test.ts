import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkDbtResult } from "../../f/reverse_etl/dbt/gate.ts";
import { registerCompiledBackend } from "../../local/dbt/compiled_backend.ts";
import { COMPILED, readCompiledIndex } from "../../local/dbt/compiled_index.ts";
import { checkCompiledModels } from "../../local/dbt/compiled_models.ts";
import { DBT_PROJECT } from "../../local/dbt/project.ts";
import { openDuckdb } from "../../local/duckdb_warehouse/duckdb_warehouse.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import { buildWith } from "./dbt_builds.ts";
import { PURCHASES, purchasesDatabase, queryFile } from "./purchases_database.ts";

registerCompiledBackend();

const MODELS = ["retl.hubspot_contacts"];
const build = (path: string, models = MODELS) =>
  buildWith(
    { backend: "compiled" },
    { models, fullRefresh: false, runId: "run-1" },
    { openWarehouse: () => openDuckdb(path) },
  );

async function change(path: string, sql: string): Promise<void> {
  const warehouse = await openDuckdb(path);
  await warehouse.execute(sql);
  await warehouse.close();
}

describe("the compiled back end", () => {
  it("builds the contacts that the purchases tell of", async () => {
    const path = await purchasesDatabase(temporaryFolder());
    const { warnings } = checkDbtResult(MODELS, await build(path));
    expect(warnings).toEqual([
      expect.stringMatching(/average_order.* warned: Got 1 result, configured to warn if != 0$/),
    ]);
    const rows = await queryFile(
      path,
      "select contact_id as id, total_spent as spent, average_order as average, engagement_score as score, tier, is_repeat_buyer as again, win_back_offer as offer, strftime(last_seen_at, '%Y-%m-%d %H:%M') as seen from retl.hubspot_contacts order by id",
    );
    const line = (row: (typeof rows)[number]) =>
      Object.values(row)
        .map((value) => value ?? "-")
        .join(" | ");
    expect(rows.map(line)).toEqual([
      "00001 | 11.77 | 11.77 | 7.5 | lapsed | false | 10 % off the next order | 1997-01-01 12:00",
      "00002 | 89.00 | 44.50 | 35.0 | bronze | false | - | 1997-01-12 12:00",
      "00003 | 210.50 | 210.50 | 67.5 | gold | false | - | 1997-04-09 12:00",
      "00004 | 300.00 | 300.00 | 37.5 | silver | false | - | 1997-02-01 12:00",
      "00005 | 0.00 | - | 7.5 | lapsed | false | 10 % off the next order | 1997-01-02 12:00",
      "00006 | 20.01 | 10.01 | 40.0 | bronze | true | - | 1997-04-02 12:00",
      "00007 | 80.00 | 80.00 | 65.0 | silver | true | - | 1997-04-08 12:00",
      "123456 | 14.99 | 14.99 | 17.5 | bronze | false | - | 1997-03-01 12:00",
    ]);
  });

  it("changes no row on a day on which nobody bought anything and no step of recency was reached", async () => {
    const path = await purchasesDatabase(temporaryFolder());
    await build(path);
    await change(path, "create table yesterday as select * from retl.hubspot_contacts");
    await change(path, "update cdnow.replay_day set today = date '1997-04-11'");
    await build(path);
    const changed = await queryFile(
      path,
      "select contact_id from (select * from retl.hubspot_contacts except select * from yesterday)",
    );
    expect(changed).toEqual([]);
  });

  it("clears the offer of a customer who comes back", async () => {
    const path = await purchasesDatabase(temporaryFolder(), [["1", "1997-01-01", "1", "11.77"]]);
    const offer = () => queryFile(path, "select tier, win_back_offer from retl.hubspot_contacts");
    await build(path);
    expect(await offer()).toEqual([{ tier: "lapsed", win_back_offer: "10 % off the next order" }]);
    await change(path, "insert into cdnow.purchases values ('1', date '1997-04-10', 1, 5.00)");
    await build(path);
    expect(await offer()).toEqual([{ tier: "bronze", win_back_offer: null }]);
  });

  it("builds nothing above a failed test, as dbt does", async () => {
    const path = await purchasesDatabase(temporaryFolder(), [
      ...PURCHASES,
      [null, "1997-01-01", "1", "1.00"],
    ]);
    const result = await build(path);
    expect(() => checkDbtResult(MODELS, result)).toThrow(
      /purchases_customer_id\S* failed: Got 1 result, configured to fail if != 0/,
    );
    expect(result.nodes.filter(({ kind }) => kind === "model").map(({ outcome }) => outcome)).toEqual([
      "skipped",
      "skipped",
    ]);
  });

  it("leaves the tables as they were when a statement fails", async () => {
    const path = await purchasesDatabase(temporaryFolder());
    await build(path);
    await change(path, "insert into cdnow.replay_day values (date '1997-04-11')");
    const result = await build(path);
    expect(() => checkDbtResult(MODELS, result)).toThrow(/model.tailrace_demo.hubspot_contacts failed/);
    expect(await queryFile(path, "select count(*) as n from retl.hubspot_contacts")).toEqual([{ n: "8" }]);
  });

  it("without the purchases names what is missing", async () => {
    const path = await purchasesDatabase(temporaryFolder());
    await change(path, "drop table cdnow.purchases");
    const result = await build(path);
    expect(() => checkDbtResult(MODELS, result)).toThrow(
      /failed: DuckDB refused a statement: Catalog Error.*purchases/,
    );
  });

  it("makes nothing for a model that the project does not have", async () => {
    const path = await purchasesDatabase(temporaryFolder());
    const result = await build(path, ["retl.nope"]);
    expect(() => checkDbtResult(["retl.nope"], result)).toThrow(/retl.nope is made by no node/);
  });
});

describe("the committed compiled models", () => {
  const copy = (folder: string) => {
    const to = temporaryFolder();
    cpSync(folder, to, { recursive: true });
    return to;
  };

  it("belong to the dbt project as it is", () => {
    expect(checkCompiledModels()).toEqual([]);
  });

  it("are stale when a model, a macro or a test changed", () => {
    for (const file of [
      "models/hubspot_contacts.sql",
      "macros/generate_schema_name.sql",
      "models/schema.yml",
    ]) {
      const project = copy(DBT_PROJECT);
      writeFileSync(join(project, file), "changed");
      expect(checkCompiledModels(COMPILED, project)).toEqual([
        expect.stringContaining("is older than sql/dbt"),
      ]);
    }
  });

  it("are stale when one was edited, removed or added by hand", () => {
    const folder = copy(COMPILED);
    const [first, second] = readCompiledIndex().nodes.map(({ file }) => file);
    writeFileSync(join(folder, first ?? ""), "select 1");
    rmSync(join(folder, second ?? ""));
    writeFileSync(join(folder, "99_extra.sql"), "select 1");
    expect(checkCompiledModels(folder)).toEqual([
      expect.stringContaining(`${first} was edited`),
      expect.stringContaining(`${second} is missing`),
      expect.stringContaining("99_extra.sql belongs to no dbt model"),
    ]);
  });
});
