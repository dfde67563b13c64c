import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BECAUSE, NO_EMULATOR, useSnowflake } from "../support/snowflake_lane.ts";
import { rejected, syncFixture } from "../support/sync_fixture.ts";

/** The statements of the README's block that reads our tables. */
function documented(): readonly string[] {
  const readme = readFileSync(join(import.meta.dirname, "..", "..", "README.md"), "utf8");
  const blocks = [...readme.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = ""]) => sql);
  const block = blocks.find((sql) => sql.includes("from retl.retl_runs")) ?? "";
  return block
    .replace(/--.*$/gm, "")
    .split(";")
    .map((sql) => sql.trim())
    .filter((sql) => sql !== "");
}

describe.skipIf(NO_EMULATOR !== null)(`the README's SQL${BECAUSE}`, () => {
  useSnowflake();

  it("runs, and finds what HubSpot said of a row", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "1", "gold"]]);
    await fixture.run("r1", rejected);
    const answers = [];
    for (const sql of documented()) answers.push(await fixture.warehouse.query(sql));
    const [codes, runs, rates, calls] = answers;
    expect(answers).toHaveLength(4);
    expect(codes).toMatchObject([{ code: "INVALID_OPTION", property: "tier" }]);
    expect(runs).toMatchObject([{ run_id: "r1" }]);
    expect(rates).toHaveLength(1);
    expect(calls).toMatchObject([{ outcome: "rejected", code: "INVALID_OPTION", message: "no" }]);
  });
});
