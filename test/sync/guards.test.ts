import { describe, expect, it } from "vitest";
import type { SourceRow } from "../support/sync_fixture.ts";
import { acknowledged, syncFixture } from "../support/sync_fixture.ts";

const rows = (count: number, score = "1"): SourceRow[] =>
  Array.from({ length: count }, (_, i) => [`${i + 1}`, score, "a"]);
const tight = { guards: { max_removed_fraction: 0.1, max_changed_fraction: 0.3, floor_rows: 2 } };

async function heldBy(plan: Promise<unknown>) {
  const error = await plan.then(
    () => null,
    (caught: unknown) => caught,
  );
  return error as { code: string; message: string; details: { plan_id: string } } | null;
}

describe("guards hold a run before anything is sent", () => {
  it("an empty source is held, and what would be sent is only to be looked at", async () => {
    const fixture = await syncFixture(tight);
    const error = await heldBy(fixture.plan("r1"));
    expect(error?.code).toBe("RETL_HELD_EMPTY_SOURCE");
    expect(error?.message).toContain(`approve = ${error?.details.plan_id}`);
    expect(await fixture.rows("select operation from retl.hubspot_contacts_sync")).toEqual([
      { operation: "plan" },
    ]);
    expect(await fixture.rows("select status, planned_at from retl.retl_runs")).toEqual([
      { status: "held", planned_at: null },
    ]);
  });

  it("a source that shrank by more than allowed is held, and the next good run continues", async () => {
    const fixture = await syncFixture(tight);
    await fixture.source(rows(20));
    await fixture.run("r1");
    await fixture.source(rows(15));
    expect(await heldBy(fixture.plan("r2"))).toMatchObject({ code: "RETL_HELD_REMOVED_ROWS" });
    await fixture.source([...rows(20), ["21", "1", "a"]]);
    expect(await fixture.run("r3")).toMatchObject({ outcomes: { acknowledged: 1 } });
  });

  it("more changed rows than allowed are held, counted among the rows that the state knows", async () => {
    const fixture = await syncFixture(tight);
    await fixture.source(rows(10));
    await fixture.run("r1");
    await fixture.source([...rows(10), ...rows(50).slice(10)]);
    expect(await fixture.run("r2")).toMatchObject({ outcomes: { acknowledged: 40 } });
    await fixture.source(rows(50, "2"));
    expect(await heldBy(fixture.plan("r3"))).toMatchObject({ code: "RETL_HELD_CHANGED_ROWS" });
  });

  it("up to the floor no fraction is looked at", async () => {
    const fixture = await syncFixture(tight);
    await fixture.source(rows(3));
    await fixture.run("r1");
    await fixture.source(rows(1, "2"));
    expect(await fixture.plan("r2")).toMatchObject({ changes: 1, counts: { removed: 2 } });
  });

  it("an empty state after earlier runs is lost state, never a first run", async () => {
    const fixture = await syncFixture(tight);
    await fixture.source(rows(3));
    await fixture.run("r1");
    await fixture.warehouse.execute("delete from retl.hubspot_contacts_sync_state");
    expect(await heldBy(fixture.plan("r2"))).toMatchObject({ code: "RETL_HELD_STATE_LOST" });
  });

  it("a held run gives the lease back, because it left nothing to settle", async () => {
    const fixture = await syncFixture(tight);
    await heldBy(fixture.plan("r1"));
    expect((await fixture.rows("select holder from retl.hubspot_contacts_sync_lease"))[0]?.holder).toBeNull();
  });
});

describe("approval", () => {
  it("lets exactly the held plan through, once", async () => {
    const fixture = await syncFixture(tight);
    await fixture.source(rows(20));
    await fixture.run("r1");
    await fixture.source(rows(20, "2"));
    const held = await heldBy(fixture.plan("r2"));
    const approve = held?.details.plan_id ?? "";
    expect(await fixture.run("r3", acknowledged, { approve })).toMatchObject({
      outcomes: { acknowledged: 20 },
    });
    expect(await heldBy(fixture.plan("r4", { approve }))).toMatchObject({ code: "RETL_APPROVAL_UNKNOWN" });
  });

  it("of a plan that has changed since sends nothing and stays unused", async () => {
    const fixture = await syncFixture(tight);
    await fixture.source(rows(20));
    await fixture.run("r1");
    await fixture.source(rows(20, "2"));
    const approve = (await heldBy(fixture.plan("r2")))?.details.plan_id ?? "";
    await fixture.source(rows(20, "3"));
    expect(await heldBy(fixture.plan("r3", { approve }))).toMatchObject({ code: "RETL_PLAN_CHANGED" });
    await fixture.source(rows(20, "2"));
    expect(await fixture.plan("r4", { approve })).toMatchObject({ status: "planned", changes: 20 });
  });

  it("of a plan that has changed since says what changed: rows that joined, left, or would be sent otherwise", async () => {
    const fixture = await syncFixture();
    await fixture.source(rows(6));
    await fixture.run("r1");
    await fixture.source([...rows(6, "2"), ["7", "1", "a"]]);
    const { plan_id } = await fixture.plan("r2", { dry_run: true });
    await fixture.source([...rows(1), ...rows(5, "3").slice(1), ...rows(6, "2").slice(5), ["8", "1", "a"]]);
    const error = await heldBy(fixture.plan("r3", { approve: plan_id }));
    expect(error).toMatchObject({
      code: "RETL_PLAN_CHANGED",
      details: {
        approved: plan_id,
        differences: [
          { difference: "differs", operation: "update", rows: 4, ids: ["2", "3", "4", "5"] },
          { difference: "joined", operation: "create", rows: 1, ids: ["8"] },
          { difference: "left", operation: "create", rows: 1, ids: ["7"] },
          { difference: "left", operation: "update", rows: 1, ids: ["1"] },
        ],
      },
    });
    expect(error?.message).toContain("1 row (create) joined it");
    expect(await fixture.rows("select * from retl.hubspot_contacts_sync where run_id = 'r3'")).toEqual([]);
  });

  it("of a plan that has changed since names at most five rows of a kind", async () => {
    const fixture = await syncFixture();
    await fixture.source(rows(1));
    const { plan_id } = await fixture.plan("r1", { dry_run: true });
    await fixture.source(rows(9));
    const error = await heldBy(fixture.plan("r2", { approve: plan_id }));
    expect(error).toMatchObject({
      details: {
        differences: [{ difference: "joined", operation: "create", rows: 8, ids: ["2", "3", "4", "5", "6"] }],
      },
    });
  });

  it("of an id that no plan has is an error", async () => {
    const fixture = await syncFixture();
    await fixture.source(rows(1));
    expect(await heldBy(fixture.plan("r1", { approve: "plan_unknown" }))).toMatchObject({
      code: "RETL_APPROVAL_UNKNOWN",
    });
  });
});

describe("a dry run", () => {
  it("shows the plan and what would hold it, and leaves state, rejections, journal and lease as they were", async () => {
    const fixture = await syncFixture(tight);
    await fixture.source([...rows(10), [null, "1", "a"]]);
    const plan = await fixture.plan("r1", { dry_run: true });
    expect(plan).toMatchObject({ status: "dry_run", changes: 10, token: null, counts: { refused: 1 } });
    for (const table of ["_state", "_rejections", "_journal"]) {
      expect(await fixture.rows(`select * from retl.hubspot_contacts_sync${table}`)).toEqual([]);
    }
    expect((await fixture.rows("select token from retl.hubspot_contacts_sync_lease"))[0]?.token).toBe("0");
  });

  it("keeps its rows under its own run, to be looked at, and no later run counts or sends them", async () => {
    const fixture = await syncFixture();
    await fixture.source(rows(3));
    await fixture.plan("r1", { dry_run: true });
    const shown = await fixture.rows(
      "select contact_id, operation, payload, desired from retl.hubspot_contacts_sync where run_id = 'r1' and seq > 0 order by seq",
    );
    expect(shown.map((row) => [row.contact_id, row.operation, JSON.parse(row.payload ?? "")])).toEqual(
      ["1", "2", "3"].map((id) => [id, "create", { score: "1", tier: "a" }]),
    );
    const plan = await fixture.plan("r2");
    expect(plan).toMatchObject({ changes: 3, unsettled_predecessors: [] });
    await fixture.push(plan, acknowledged);
    expect(await fixture.settle(plan)).toMatchObject({ outcomes: { acknowledged: 3, deferred: 0 } });
    expect(await fixture.plan("r3")).toMatchObject({ status: "no_changes", unsettled_predecessors: [] });
  });

  it("a second try of it takes the place of the first one's rows", async () => {
    const fixture = await syncFixture();
    await fixture.source(rows(3));
    await fixture.plan("r1", { dry_run: true });
    await fixture.source(rows(2));
    await fixture.plan("r1", { dry_run: true });
    const [kept] = await fixture.rows("select count(*) as n from retl.hubspot_contacts_sync where seq > 0");
    expect(kept?.n).toBe("2");
  });

  it("and a held plan are pruned when they are old", async () => {
    const fixture = await syncFixture(tight);
    await heldBy(fixture.plan("r1"));
    await fixture.source(rows(1));
    await fixture.plan("r2", { dry_run: true });
    await fixture.warehouse.execute("update retl.retl_runs set finished_at = '2000-01-01'");
    await fixture.run("r3");
    expect(await fixture.rows("select distinct run_id from retl.hubspot_contacts_sync")).toEqual([
      { run_id: "r3" },
    ]);
  });

  it("can be approved: exactly what it showed is applied", async () => {
    const fixture = await syncFixture(tight);
    await fixture.source(rows(5));
    const { plan_id } = await fixture.plan("r1", { dry_run: true });
    expect(await fixture.plan("r2", { approve: plan_id })).toMatchObject({
      plan_id,
      changes: 5,
      status: "planned",
    });
  });

  it("reports an unsettled predecessor and leaves it alone", async () => {
    const fixture = await syncFixture(tight);
    await fixture.source(rows(2));
    await fixture.plan("r1");
    const plan = await fixture.plan("r2", { dry_run: true });
    expect(plan.unsettled_predecessors).toEqual(["r1"]);
    expect(await fixture.rows("select settled_at from retl.retl_runs where run_id = 'r1'")).toEqual([
      { settled_at: null },
    ]);
  });
});
