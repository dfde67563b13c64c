import { describe, expect, it } from "vitest";
import type { PlanAnswer } from "../../f/reverse_etl/report/plan_rendering.ts";
import { settlementOf } from "../../f/reverse_etl/report/settlement_report.ts";
import { errorOf, type FlowWorld, flowWorld } from "../support/flow_world.ts";
import { contacts, persons } from "../support/people_sync.ts";
import { partsOf, rendererOf, tableWith } from "../support/rendered.ts";

const answerOf = (result: unknown) => partsOf(result).at(-1) as PlanAnswer;
const markdownOf = (result: unknown) =>
  JSON.stringify(partsOf(result).filter((part) => rendererOf(part) === "markdown"));

/** Two contacts are in HubSpot; of one a score changes and a note is cleared, one has a tier taken away, and one is new. */
async function changedWorld(): Promise<FlowWorld> {
  const world = await flowWorld();
  await world.people([
    { id: "p1", score: 1, tier: "gold", note: "canary one" },
    { id: "p2", score: 2, tier: "gold" },
  ]);
  await world.run();
  await world.people([
    { id: "p1", score: 11, tier: "gold" },
    { id: "p2", score: 2, tier: "silver" },
    { id: "p3", score: 3, note: "canary three" },
  ]);
  return world;
}

describe("a dry run", () => {
  it("shows counts, what HubSpot holds and what would be sent, calls and time, and the id to approve", async () => {
    const world = await changedWorld();
    const { success, result } = await world.run({ args: { dry_run: true, show_values: true } });
    expect(success).toBe(true);
    expect(partsOf(result).map(rendererOf)).toEqual([
      "markdown",
      "table-row-object",
      "markdown",
      "table-row-object",
      "json",
    ]);
    expect(tableWith(result, "count")).toContainEqual({ rows: "rows read", count: 3 });
    const lines = tableWith(result, "before").map(
      ({ row, property, before, after, change }) => `${row} ${property}: ${before} -> ${after}, ${change}`,
    );
    expect(lines.sort()).toEqual([
      "p1 note: canary one -> , cleared",
      "p1 score: 1 -> 11, changed",
      "p2 tier: gold -> silver, changed",
      "p3 note:  -> canary three, set",
      "p3 score:  -> 3, set",
      "p3 tier:  -> , as it is",
    ]);
    const answer = answerOf(result);
    expect(answer).toMatchObject({
      status: "dry_run",
      changes: 3,
      counts: { to_create: 1, to_update: 2 },
      operations: { create: 1, update: 2 },
      estimate: { calls: 1, rows_deferred: 0 },
      limits: { max: 190, window_ms: 10_000 },
      mapping_problems: [],
      would_hold: [],
    });
    expect(markdownOf(result)).toContain(`\`approve\` = \`${answer.plan_id}\``);
  });

  it("shows no value unless it is asked to, only whether and how a property changes", async () => {
    const world = await changedWorld();
    const { result } = await world.run({ args: { dry_run: true } });
    const lines = tableWith(result, "before").map(
      ({ row, property, before, after, change }) => `${row} ${property}: ${before} -> ${after}, ${change}`,
    );
    expect(lines.sort()).toEqual([
      "p1 note: text of 10 characters -> empty, cleared",
      "p1 score: number -> number, changed",
      "p2 tier: text of 4 characters -> text of 6 characters, changed",
      "p3 note: empty -> text of 12 characters, set",
      "p3 score: empty -> number, set",
      "p3 tier: empty -> empty, as it is",
    ]);
    expect(JSON.stringify(result)).not.toMatch(/canary|silver/);
  });

  it("writes nothing, and its plan can be approved", async () => {
    const world = await changedWorld();
    const before = await tablesOf(world);
    const calls = await world.writeCalls();
    const { plan_id } = answerOf((await world.run({ args: { dry_run: true } })).result);
    expect(await world.writeCalls()).toBe(calls);
    expect(await tablesOf(world)).toEqual(before);
    const approved = await world.run({ args: { approve: plan_id } });
    expect(settlementOf(approved.result)).toMatchObject({ outcomes: { acknowledged: 3 } });
  });

  it("says what would hold the run", async () => {
    const world = await flowWorld();
    await world.people(persons(3));
    await world.run();
    await world.people([]);
    const { success, result } = await world.run({ args: { dry_run: true } });
    expect(success).toBe(true);
    expect(answerOf(result).would_hold).toEqual(["RETL_HELD_EMPTY_SOURCE: the source table has no rows"]);
    expect(markdownOf(result)).toContain("Would be held");
  });

  it("lists every problem of the mapping", async () => {
    const [score] = contacts().column_mappings;
    if (score === undefined) throw new Error("unreachable");
    const world = await flowWorld({
      sync: contacts({ column_mappings: [score, { destination_name: "teir", snowflake_name: "tier" }] }),
    });
    await world.people(persons(2));
    const { success, result } = await world.run({ args: { dry_run: true } });
    expect(success).toBe(true);
    expect(tableWith(result, "fix")).toMatchObject([{ property: "teir", code: "PROPERTY_MISSING" }]);
  });

  it("names options that HubSpot lacks only where values are shown", async () => {
    const world = await flowWorld();
    await world.people(persons(2, () => ({ tier: "canary" })));
    const hidden = (await world.run({ args: { dry_run: true } })).result;
    expect(tableWith(hidden, "fix")).toMatchObject([{ property: "tier", code: "OPTION_MISSING" }]);
    expect(JSON.stringify(hidden)).not.toContain("canary");
    const shown = (await world.run({ args: { dry_run: true, show_values: true } })).result;
    expect(tableWith(shown, "fix")[0]?.problem).toContain('"canary" (2 rows)');
  });

  it("lists what mirror would archive, with calls of its own", async () => {
    const { match_property, ...rest } = contacts();
    const world = await flowWorld({ sync: { ...rest, match_property, operation_mode: "mirror" } });
    await world.people(persons(3));
    await world.run();
    await world.people(persons(2, () => ({ note: "changed" })));
    const { result } = await world.run({ args: { dry_run: true } });
    expect(answerOf(result)).toMatchObject({ operations: { archive: 1, update: 2 }, estimate: { calls: 2 } });
    expect(tableWith(result, "before").map(({ row, change }) => `${row} ${change}`)).toContain("p2 archive");
  });

  it("counts calls that end early for the bytes of long rows, as the run then has them", async () => {
    const world = await flowWorld({ sync: contacts({ batch_size: 100 }) });
    // 120,000 bytes each, of which eight fit into a call.
    await world.people(persons(40, () => ({ note: "é".repeat(60_000) })));
    const { estimate, plan_id } = answerOf((await world.run({ args: { dry_run: true } })).result);
    expect(estimate).toMatchObject({ calls: 5 });
    const before = await world.writeCalls();
    await world.run({ args: { approve: plan_id } });
    expect((await world.writeCalls()) - before).toBe(5);
  });

  it("says what HubSpot did not answer, and shows the rest", async () => {
    const world = await flowWorld();
    await world.people(persons(2));
    const { success, result } = await world.run({
      args: { dry_run: true },
      hubspot: { token: "expired", base_url: world.hubspot.url },
    });
    expect(errorOf({ success, result } as Parameters<typeof errorOf>[0])).toBeNull();
    expect(answerOf(result)).toMatchObject({ changes: 2, counts: { to_create: 2 } });
    expect(answerOf(result).not_read).toEqual([
      expect.stringContaining("what HubSpot holds now (RETL_HUBSPOT_UNAUTHORIZED"),
    ]);
    expect(answerOf(result).mapping_problems).toMatchObject([{ code: "TOKEN_REFUSED" }]);
    expect(tableWith(result, "before").map(({ before, change }) => `${before} ${change}`)).toContain(
      "not known sent",
    );
  });

  it("without changes says so, and reads no record", async () => {
    const world = await flowWorld();
    await world.people(persons(2));
    await world.run();
    const { result } = await world.run({ args: { dry_run: true } });
    expect(partsOf(result).map(rendererOf)).toEqual(["markdown", "table-row-object", "json"]);
    expect(markdownOf(result)).toContain("No change to send");
  });
});

/** What a dry run must leave as it is. */
async function tablesOf(world: FlowWorld): Promise<unknown> {
  const tables = ["people_sync_state", "people_sync_rejections", "people_sync_lease", "people_sync_journal"];
  return Promise.all(
    tables.map(async (table) =>
      (await world.sql(`select * from retl.${table}`)).map((row) => JSON.stringify(row)).sort(),
    ),
  );
}
