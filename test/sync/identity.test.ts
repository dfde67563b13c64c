import { describe, expect, it } from "vitest";
import { planChanges } from "../../f/reverse_etl/sync/plan.ts";
import { parseRunParams } from "../../f/reverse_etl/sync/run_params.ts";
import {
  acknowledged,
  contactsSync,
  openFixture,
  rejected,
  type SyncFixture,
  syncFixture,
  unknown,
} from "../support/sync_fixture.ts";

const row = (id: string | null, score = "1") => [id, score, "a"] as const;
const tight = { guards: { max_removed_fraction: 0.1, max_changed_fraction: 0.3, floor_rows: 2 } };
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: { code: string }) => error.code,
  );

describe("the tables of a sync belong to one destination", () => {
  it.each([
    ["object type", { object_type: "companies" }],
    ["match property", { match_property: "other_number" }],
    ["portal", { resources: { hubspot: "f/reverse_etl/other_portal" } }],
  ])("another %s is refused, not taken for acknowledged", async (_, change) => {
    const fixture = await syncFixture();
    await fixture.source([row("1")]);
    await fixture.run("r1");
    const other = await openFixture(fixture.path, contactsSync(change));
    expect(await codeOf(other.plan("r2"))).toBe("RETL_SYNC_CHANGED");
    expect(await codeOf(other.plan("r3", { dry_run: true }))).toBe("RETL_SYNC_CHANGED");
  });

  it("another asset with the same tables is refused", async () => {
    const fixture = await syncFixture();
    const other = await openFixture(fixture.path, { ...fixture.sync, key: "hubspot/people" });
    expect(await codeOf(other.plan("r1"))).toBe("RETL_SYNC_CHANGED");
  });
});

describe("two source rows and one HubSpot record", () => {
  it.each(["\t", "\n", "\u00a0", "\u2003", "\ufeff"])(
    "ids that differ only by outer white space (%j) are the same id, and refused",
    async (space) => {
      const fixture = await syncFixture();
      await fixture.source([row("a"), row(`a${space}`, "2"), row("b")]);
      expect((await fixture.plan("r1")).counts).toMatchObject({ refused: 2, to_create: 1 });
    },
  );

  it.each([
    ["one unchanged and one not", [row("a"), row("a", "2")]],
    ["both changed", [row("a", "2"), row("a", "3")]],
    ["both unchanged", [row("a"), row("a")]],
    ["one unchanged and one with a blank behind it", [row("a"), row("a ")]],
    ["both with a blank", [row(" a"), row("a ")]],
  ])(
    "an id that was synced and is there twice, %s, is refused, and its record left alone",
    async (_, twice) => {
      const fixture = await syncFixture();
      await fixture.source([row("a"), row("b")]);
      await fixture.run("r1");
      await fixture.source([...twice, row("b")]);
      const { counts, changes } = await fixture.plan("r2");
      expect(counts).toMatchObject({ rows_read: 3, refused: 2, unchanged: 1, removed: 0 });
      expect(changes).toBe(0);
    },
  );

  it.each([
    ["with outer white space", {}, "a\t", "a"],
    [
      "in another case, where case is not kept",
      { match_property: "email" },
      "A@example.org",
      "a@example.org",
    ],
  ])("an id that is written %s finds its row of the state again", async (_, config, written, kept) => {
    const fixture = await syncFixture(config);
    await fixture.source([row(written), row("b@example.org")]);
    await fixture.run("r1");
    expect(await fixture.plan("r2")).toMatchObject({ status: "no_changes", counts: { unchanged: 2 } });
    await fixture.source([row(written, "2"), row("b@example.org")]);
    const changes = await fixture.push(await fixture.plan("r3"), acknowledged);
    expect(changes.map(({ id, payload }) => [id, payload.score])).toEqual([[kept, "2"]]);
  });

  it("two rows that HubSpot answers for with one record are both rejected and in doubt", async () => {
    const fixture = await syncFixture();
    await fixture.source([row("1"), row("01", "2"), row("3")]);
    const settled = await fixture.run("r1", (change) => ({
      kind: "acknowledged",
      hubspotId: change.id === "3" ? "h3" : "h1",
    }));
    expect(settled).toMatchObject({ outcomes: { acknowledged: 1, rejected: 2 } });
    const list = await fixture.rows(
      "select contact_id, code from retl.hubspot_contacts_sync_rejections order by 1",
    );
    expect(list).toEqual([
      { contact_id: "01", code: "SAME_RECORD" },
      { contact_id: "1", code: "SAME_RECORD" },
    ]);
  });

  it("a row that takes over another one's record is rejected, and the other one is sent again", async () => {
    const fixture = await syncFixture();
    await fixture.source([row("1")]);
    await fixture.run("r1");
    await fixture.source([row("1"), row("01", "2")]);
    await fixture.run("r2", () => ({ kind: "acknowledged", hubspotId: "hubspot-1" }));
    expect(await fixture.state()).toMatchObject({ "1": { score: "1", in_doubt: true } });
    const changes = await fixture.push(await fixture.plan("r3"), acknowledged);
    expect(changes.map(({ id, payload }) => [id, payload])).toEqual([["1", { score: "1", tier: "a" }]]);
  });
});

describe("rows that leave the source", () => {
  it("are counted by the guard once, so that a run is not held for ever by those that left before", async () => {
    const fixture = await syncFixture(tight);
    const all = Array.from({ length: 100 }, (_, i) => row(`${i}`));
    await fixture.source(all);
    await fixture.run("r1");
    await fixture.source(all.slice(11));
    const held = await fixture.plan("r2").catch((error: { details: { plan_id: string } }) => error);
    const approve = (held as { details: { plan_id: string } }).details.plan_id;
    await fixture.plan("r3", { approve });
    expect(await fixture.plan("r4")).toMatchObject({ status: "no_changes", counts: { removed: 0 } });
  });

  it("and come back changed are sent, and come back as they were need no call", async () => {
    const fixture = await syncFixture();
    await fixture.source([row("1"), row("2"), row("3")]);
    await fixture.run("r1");
    await fixture.source([row("1")]);
    expect((await fixture.plan("r2")).counts).toMatchObject({ removed: 2, unchanged: 1 });
    await fixture.source([row("1"), row("2", "9"), row("3")]);
    const plan = await fixture.plan("r3");
    expect(plan.counts).toMatchObject({ removed: 0, unchanged: 2, to_update: 1 });
    await fixture.push(plan, acknowledged);
    await fixture.settle(plan);
    await fixture.source([row("1")]);
    expect((await fixture.plan("r4")).counts).toMatchObject({ removed: 2 });
  });
});

describe("guards cannot be got around", () => {
  it("resync all does not hide that too many rows have changed", async () => {
    const fixture = await syncFixture(tight);
    await fixture.source(Array.from({ length: 20 }, (_, i) => row(`${i}`)));
    await fixture.run("r1");
    await fixture.source(Array.from({ length: 20 }, (_, i) => row(`${i}`, "2")));
    expect(await codeOf(fixture.plan("r2", { resync: "all" }))).toBe("RETL_HELD_CHANGED_ROWS");
  });

  it("the approval of one plan without changes is not the approval of another", async () => {
    const fixture = await syncFixture(tight);
    const all = Array.from({ length: 20 }, (_, i) => row(`${i}`));
    await fixture.source(all);
    await fixture.run("r1");
    await fixture.source(all.slice(5));
    const held = await fixture.plan("r2").catch((error: { details: { plan_id: string } }) => error);
    await fixture.source([]);
    const approve = (held as { details: { plan_id: string } }).details.plan_id;
    expect(await codeOf(fixture.plan("r3", { approve }))).toBe("RETL_PLAN_CHANGED");
  });
});

describe("nothing is lost on the way", () => {
  it("a resync that does not finish goes on in the next run", async () => {
    const fixture = await syncFixture();
    await fixture.source([row("1"), row("2"), row("3")]);
    await fixture.run("r1");
    await fixture.run("r2", (change) => (change.seq === 1 ? acknowledged(change) : null), { resync: "all" });
    expect(await fixture.plan("r3")).toMatchObject({ changes: 2 });
  });

  it("what waits longest goes first, so that a daily limit does not starve the same rows", async () => {
    const fixture = await syncFixture();
    await fixture.source([row("1"), row("2"), row("3")]);
    await fixture.run("r1");
    await fixture.source([row("1", "2"), row("2", "2"), row("3", "2")]);
    await fixture.run("r2", (change) => (change.id === "1" ? acknowledged(change) : null));
    await fixture.source([row("1", "3"), row("2", "3"), row("3", "3")]);
    const changes = await fixture.push(await fixture.plan("r3"), acknowledged);
    expect(changes.map(({ id }) => id)).toEqual(["2", "3", "1"]);
  });

  it.for([
    ["an earlier run did not get to", (fixture: SyncFixture) => fixture.run("r3", () => null)],
    [
      "an earlier run did not get to that died before it settled",
      async (fixture: SyncFixture) => {
        await fixture.push(await fixture.plan("r3"), () => null);
        await fixture.warehouse.execute(
          "update retl.hubspot_contacts_sync_lease set expires_at = '2000-01-01'",
        );
      },
    ],
  ] as const)("what %s goes before what has changed or come since", async ([, runInVain]) => {
    const fixture = await syncFixture();
    await fixture.source([row("1"), row("2")]);
    await fixture.run("r1");
    await fixture.source([row("1"), row("2", "2")]);
    await fixture.run("r2");
    await fixture.source([row("1"), row("2", "3")]);
    await runInVain(fixture);
    await fixture.source([row("0"), row("1", "4"), row("2", "4")]);
    const changes = await fixture.push(await fixture.plan("r4"), acknowledged);
    expect(changes.map(({ id }) => id)).toEqual(["2", "0", "1"]);
  });

  it("the changes of earlier runs are read only after one that deferred some, so that a plan costs the same after any number of runs", async () => {
    const fixture = await syncFixture();
    const readsEarlierChanges = async (runId: string) => {
      const { warehouse, sync } = fixture;
      const statements: string[] = [];
      const watched: typeof warehouse = {
        ...warehouse,
        transaction: (work) =>
          warehouse.transaction((session) =>
            work({
              ...session,
              execute(sql, binds) {
                statements.push(sql);
                return session.execute(sql, binds);
              },
            }),
          ),
      };
      const plan = await planChanges(watched, sync, runId, parseRunParams({}));
      const [comparison] = statements.filter((sql) => sql.includes("full join"));
      expect(comparison).toBeDefined();
      await fixture.push(plan, (change) => (runId === "r2" ? null : acknowledged(change)));
      await fixture.settle(plan);
      return comparison?.includes("planned_before");
    };
    await fixture.source([row("1"), row("2")]);
    expect(await readsEarlierChanges("r1")).toBe(false);
    await fixture.source([row("1", "2"), row("2", "2")]);
    expect(await readsEarlierChanges("r2")).toBe(false);
    expect(await readsEarlierChanges("r3")).toBe(true);
  });

  it("planned changes that are gone from their table are an error, never a success of nothing", async () => {
    const fixture = await syncFixture();
    await fixture.source([row("1")]);
    const plan = await fixture.plan("r1");
    await fixture.push(plan, acknowledged);
    await fixture.warehouse.execute("delete from retl.hubspot_contacts_sync");
    expect(await codeOf(fixture.settle(plan))).toBe("RETL_COUNTS_DIFFER");
  });

  it("entries of a run of which the record was lost put their rows in doubt", async () => {
    const fixture = await syncFixture();
    await fixture.source([row("1")]);
    await fixture.run("r0");
    await fixture.source([row("1", "2")]);
    const plan = await fixture.plan("r1");
    await fixture.push(plan, acknowledged);
    await fixture.warehouse.execute("delete from retl.retl_runs where run_id = 'r1'");
    expect(await codeOf(fixture.settle(plan))).toBe("RETL_COUNTS_DIFFER");
    await fixture.warehouse.execute("update retl.hubspot_contacts_sync_lease set expires_at = '2000-01-01'");
    await fixture.source([row("1")]);
    const [change] = await fixture.push(await fixture.plan("r2"), acknowledged);
    expect(change?.payload).toEqual({ score: "1", tier: "a" });
  });

  it("what a settled run journals late is folded by the next run, even one without changes", async () => {
    const fixture = await syncFixture();
    await fixture.source([row("1")]);
    const plan = await fixture.plan("r1");
    await fixture.settle(plan);
    await fixture.run("r2");
    await fixture.push(plan, unknown);
    expect(await fixture.plan("r3")).toMatchObject({ status: "planned", changes: 1 });
  });

  it("a settled run that is started again from its first step says so instead of pushing without a lease", async () => {
    const fixture = await syncFixture();
    await fixture.source([row("1")]);
    await fixture.run("r1", rejected);
    expect(await codeOf(fixture.plan("r1"))).toBe("RETL_RUN_SETTLED");
    expect((await fixture.rows("select holder from retl.hubspot_contacts_sync_lease"))[0]?.holder).toBeNull();
  });
});
