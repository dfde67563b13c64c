import { describe, expect, it } from "vitest";
import { textOf } from "../support/mapped_column.ts";
import { BECAUSE, NO_EMULATOR, useSnowflake } from "../support/snowflake_lane.ts";

useSnowflake();

describe.skipIf(NO_EMULATOR !== null)(`over Snowflake's protocol${BECAUSE}`, () => {
  it.each([
    ["number(12, 2)", "1.50", "1.5"],
    ["number(12, 2)", "100.00", "100"],
    ["number(38, 2)", "123456789012345678901234567890123456.78", "123456789012345678901234567890123456.78"],
    ["number(38, 0)", "9007199254740993", "9007199254740993"],
    ["float", "0.1", "0.1"],
    ["float", "1e15", "1000000000000000"],
    ["date", "cast('1997-01-02' as date)", "1997-01-02"],
    ["timestamp_ntz", "cast('1997-01-02 03:04:05.6789' as timestamp_ntz)", "1997-01-02T03:04:05.678Z"],
    ["timestamp_tz", "cast('1997-01-02 03:04:05 +02:00' as timestamp_tz)", "1997-01-02T01:04:05.000Z"],
    ["boolean", "true", "true"],
    ["varchar", "'  spaced; and ''quoted'' ✓ '", "  spaced; and 'quoted' ✓ "],
    ["varchar", "null", ""],
  ])("%s %s is sent as %s", async (type, value, text) => {
    expect(await textOf(type, value)).toBe(text);
  });

  it("a value that looks like JSON or SQL stays text", async () => {
    const hostile = `{"a": null} '); drop table x; -- \\" \\n`;
    expect(await textOf("varchar", `'${hostile.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`)).toBe(
      hostile,
    );
  });
});
