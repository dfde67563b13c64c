import { describe, expect, it } from "vitest";
import type { RetlError } from "../../f/reverse_etl/sync/error.ts";
import { acknowledged } from "../support/sync_fixture.ts";
import { CHANGED, found, suppressing, THREE } from "./suppressions_fixture.ts";

describe("the guards of a list of suppressions", () => {
  it("hold a run whose list was emptied since the last one, until somebody lets it through", async () => {
    const fixture = await suppressing();
    await fixture.source(THREE);
    await fixture.list("2");
    await fixture.run("r1");
    await fixture.list(null);
    const held = await fixture.plan("r2").then(
      () => null,
      (error: RetlError) => error,
    );
    expect(held).toMatchObject({ code: "RETL_HELD_EMPTY_SUPPRESSIONS" });
    expect(held?.message).toContain("left 1 rows out");
    await expect(fixture.plan("r3")).rejects.toMatchObject({ code: "RETL_HELD_EMPTY_SUPPRESSIONS" });
    const approve = String(held?.details.plan_id);
    expect(await fixture.run("r4", acknowledged, { approve })).toMatchObject({
      outcomes: { acknowledged: 1 },
    });
    await fixture.source(CHANGED);
    expect(await fixture.run("r5")).toMatchObject({ outcomes: { acknowledged: 2 } });
  });

  it("let a list pass that has never had an id", async () => {
    const fixture = await suppressing();
    await fixture.source(THREE);
    expect(await fixture.run("r1")).toMatchObject({ outcomes: { acknowledged: 3 } });
  });

  const few = { guards: { max_removed_fraction: 0.5, max_changed_fraction: 1, floor_rows: 1 } };

  it("hold a run whose list has too many known rows, and nothing is purged until somebody lets exactly that through", async () => {
    const fixture = await suppressing(few);
    await fixture.source(THREE);
    await fixture.run("r1");
    await fixture.list("1", "2");
    const dry = await fixture.plan("r2", { dry_run: true });
    expect(dry.would_hold).toEqual([expect.stringMatching(/^RETL_HELD_SUPPRESSED_ROWS: 2 of 3 known/)]);
    await expect(fixture.plan("r3")).rejects.toMatchObject({
      code: "RETL_HELD_SUPPRESSED_ROWS",
      details: { plan_id: dry.plan_id },
    });
    await fixture.list("1", "2", "3");
    await expect(fixture.plan("r4", { approve: dry.plan_id })).rejects.toMatchObject({
      code: "RETL_PLAN_CHANGED",
    });
    expect(Object.keys(await fixture.state())).toEqual(["1", "2", "3"]);
    expect(await found(fixture, "secret-tier")).not.toEqual([]);
    // The list is put right: nothing is sent again.
    await fixture.list("9");
    expect(await fixture.plan("r5")).toMatchObject({ status: "no_changes", counts: { unchanged: 3 } });
    await fixture.list("1", "2");
    expect(await fixture.plan("r6", { approve: dry.plan_id })).toMatchObject({ status: "no_changes" });
    expect(Object.keys(await fixture.state())).toEqual(["3"]);
    expect(await found(fixture, "secret-tier")).toEqual([]);
  });

  it("let a list pass up to the floor, and one whose rows are purged already, and count rows that had left before as little as those removed", async () => {
    const fixture = await suppressing(few);
    await fixture.source(THREE);
    await fixture.run("r1");
    await fixture.source(THREE.slice(1));
    await fixture.plan("r2");
    await fixture.list("1", "2");
    await fixture.plan("r3");
    expect(Object.keys(await fixture.state())).toEqual(["3"]);
    await fixture.list("1", "2", "3");
    await fixture.plan("r4");
    expect(await fixture.state()).toEqual({});
  });

  it("let a list pass that has no more of the known rows than may be removed, however many they are", async () => {
    const fixture = await suppressing(few);
    await fixture.source([...THREE, ["4", "40", "gold"]]);
    await fixture.run("r1");
    await fixture.list("1", "2");
    await fixture.plan("r2");
    expect(Object.keys(await fixture.state())).toEqual(["3", "4"]);
  });

  const tight = { guards: { max_removed_fraction: 0, max_changed_fraction: 0, floor_rows: 0 } };

  it("count a suppressed row neither as removed nor as changed", async () => {
    const fixture = await suppressing(tight);
    await fixture.source(THREE);
    await fixture.run("r1");
    await fixture.list("1", "2");
    await fixture.source([CHANGED[0], THREE[2]]);
    const dry = await fixture.plan("r2", { dry_run: true });
    expect(dry).toMatchObject({
      would_hold: [expect.stringMatching(/^RETL_HELD_SUPPRESSED_ROWS: 2 of 3 /)],
      counts: { removed: 0, skipped: 1, unchanged: 1 },
    });
    expect(await fixture.plan("r3", { approve: dry.plan_id })).toMatchObject({
      status: "no_changes",
      plan_id: dry.plan_id,
    });
  });

  it("do not take a state that a purge left empty for lost, run after run, but one that was lost since", async () => {
    const fixture = await suppressing(tight);
    await fixture.source(THREE);
    await fixture.run("r1");
    await fixture.list("1", "2", "3");
    const dry = await fixture.plan("r2", { dry_run: true });
    expect(dry.would_hold).toEqual([expect.stringMatching(/^RETL_HELD_SUPPRESSED_ROWS: /)]);
    for (const [run, approve] of [
      ["r3", dry.plan_id],
      ["r4", null],
    ] as const) {
      expect(await fixture.plan(run, { approve })).toMatchObject({
        status: "no_changes",
        counts: { skipped: 3 },
      });
    }
    await fixture.source([...THREE, ["4", "1", "a"]]);
    expect(await fixture.run("r5")).toMatchObject({ outcomes: { acknowledged: 1 } });
    await fixture.warehouse.execute("delete from retl.hubspot_contacts_sync_state");
    await expect(fixture.plan("r6")).rejects.toMatchObject({ code: "RETL_HELD_STATE_LOST" });
  });

  it("take a state for lost that a purge did not empty", async () => {
    const fixture = await suppressing();
    await fixture.source(THREE);
    await fixture.run("r1");
    await fixture.list("2");
    await fixture.plan("r2");
    await fixture.warehouse.execute("delete from retl.hubspot_contacts_sync_state");
    await expect(fixture.plan("r3")).rejects.toMatchObject({ code: "RETL_HELD_STATE_LOST" });
  });
});
