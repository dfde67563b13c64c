import { describe, expect, it } from "vitest";
import { textOf, withColumn } from "../support/mapped_column.ts";
import { syncFixture } from "../support/sync_fixture.ts";

describe("a column's value is sent as the exact text that HubSpot stores", () => {
  it.each([
    ["decimal(12, 2)", "1.50", "1.5"],
    ["decimal(12, 2)", "100.00", "100"],
    ["decimal(12, 2)", "-0.10", "-0.1"],
    ["decimal(12, 2)", "0", "0"],
    ["decimal(38, 2)", "123456789012345678901234567890123456.78", "123456789012345678901234567890123456.78"],
    ["decimal(38, 0)", "99999999999999999999999999999999999999", "99999999999999999999999999999999999999"],
    ["bigint", "9007199254740993", "9007199254740993"],
    ["integer", "100", "100"],
    ["double", "0.1", "0.1"],
    ["double", "1e15", "1000000000000000"],
    ["double", "2.50", "2.5"],
    ["date", "date '1997-01-02'", "1997-01-02"],
    ["timestamp", "timestamp '1997-01-02 03:04:05.6789'", "1997-01-02T03:04:05.678Z"],
    ["timestamptz", "timestamptz '1997-01-02 03:04:05+02'", "1997-01-02T01:04:05.000Z"],
    ["boolean", "true", "true"],
    ["boolean", "false", "false"],
    ["varchar", "'  spaced; and ''quoted'' ✓ '", "  spaced; and 'quoted' ✓ "],
    ["varchar", "''", ""],
    ["varchar[]", "['a', 'b']", "a;b"],
    ["varchar", "null", ""],
    ["integer", "null", ""],
  ])("%s %s is sent as %s", async (type, value, text) => {
    expect(await textOf(type, value)).toBe(text);
  });

  it("a timestamp that differs only below the millisecond is unchanged and needs no call", async () => {
    const fixture = await withColumn("timestamp");
    await fixture.warehouse.execute(
      "insert into retl.hubspot_contacts (contact_id, value) values ('1', '1997-01-02 03:04:05.6781')",
    );
    await fixture.run("r1");
    await fixture.warehouse.execute("update retl.hubspot_contacts set value = '1997-01-02 03:04:05.6789'");
    expect(await fixture.plan("r2")).toMatchObject({ status: "no_changes", counts: { unchanged: 1 } });
  });
});

describe("a mapping that does not fit the source is an error before anything is written", () => {
  it("names every problem at once, and the columns there are", async () => {
    const fixture = await syncFixture({
      unique_id_col: "contact_no",
      column_mappings: [
        { destination_name: "a", snowflake_name: "skore" },
        { destination_name: "b", snowflake_name: "tier", type: "number" },
        { destination_name: "c", snowflake_name: "position" },
      ],
    });
    await fixture.warehouse.execute(
      "alter table retl.hubspot_contacts add column position struct(x integer)",
    );
    const error: unknown = await fixture.plan("r1").catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "RETL_SOURCE_COLUMN" });
    expect((error as { details: { problems: string[] } }).details.problems).toHaveLength(4);
    expect(String(error)).toMatch(
      /skore[\s\S]*tier is VARCHAR[\s\S]*position[\s\S]*contact_no[\s\S]*contact_id, score, tier/,
    );
    expect(await fixture.rows("select * from retl.retl_runs")).toEqual([]);
  });

  it("a source table that does not exist is named", async () => {
    const fixture = await syncFixture({ current_state_tbl: "nothing_here" });
    await expect(fixture.plan("r1")).rejects.toMatchObject({ code: "RETL_SOURCE_MISSING" });
  });

  it("a column that is renamed in the mapping sends its values under the new column", async () => {
    const fixture = await withColumn("integer");
    await fixture.warehouse.execute("insert into retl.hubspot_contacts (contact_id, value) values ('1', 5)");
    await fixture.run("r1");
    expect(await fixture.plan("r2")).toMatchObject({ status: "no_changes" });
  });
});
