import { describe, expect, it } from "vitest";
import {
  acknowledged,
  contactsSync,
  openFixture,
  rejected,
  syncFixture,
  unknown,
} from "../support/sync_fixture.ts";

describe("what changed", () => {
  it("a row that is new in the source is created with all its properties", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "10", "gold"]]);
    const plan = await fixture.plan("r1");
    const [change] = await fixture.push(plan, acknowledged);
    expect(change).toMatchObject({
      operation: "create",
      known: false,
      payload: { score: "10", tier: "gold" },
    });
  });

  it("only the properties that differ are sent for a known row", async () => {
    const fixture = await syncFixture();
    await fixture.source([
      ["1", "10", "gold"],
      ["2", "5", "silver"],
    ]);
    await fixture.run("r1");
    await fixture.source([
      ["1", "11", "gold"],
      ["2", "5", "silver"],
    ]);
    const plan = await fixture.plan("r2");
    const changes = await fixture.push(plan, acknowledged);
    expect(changes).toMatchObject([
      { id: "1", operation: "update", payload: { score: "11" }, hubspotId: "hubspot-1" },
    ]);
    expect(plan.counts).toMatchObject({ rows_read: 2, unchanged: 1, to_update: 1 });
  });

  it("a value that becomes NULL is sent as cleared", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "10", "gold"]]);
    await fixture.run("r1");
    await fixture.source([["1", "10", null]]);
    const [change] = await fixture.push(await fixture.plan("r2"), acknowledged);
    expect(change?.payload).toEqual({ tier: "" });
  });

  it("with null_policy keep a NULL leaves the property alone, and its old value coming back sends nothing", async () => {
    const fixture = await syncFixture({ null_policy: "keep" });
    await fixture.source([["1", "10", "gold"]]);
    await fixture.run("r1");
    await fixture.source([["1", "10", null]]);
    expect(await fixture.plan("r2")).toMatchObject({ status: "no_changes", counts: { unchanged: 1 } });
    await fixture.source([["1", "10", "gold"]]);
    expect(await fixture.plan("r3")).toMatchObject({ status: "no_changes", counts: { unchanged: 1 } });
    expect(await fixture.state()).toEqual({ "1": { score: "10", tier: "gold" } });
  });

  it("running again without a change in the source plans nothing and closes the run", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "10", "gold"]]);
    await fixture.run("r1");
    expect(await fixture.plan("r2")).toMatchObject({ status: "no_changes", changes: 0 });
    const [run] = await fixture.rows("select status, settled_at from retl.retl_runs where run_id = 'r2'");
    expect(run?.status).toBe("succeeded");
    expect(run?.settled_at).not.toBeNull();
    expect((await fixture.rows("select holder from retl.hubspot_contacts_sync_lease"))[0]?.holder).toBeNull();
  });

  it("a mapping that is removed leaves the state without a call, and sends every value when it comes back", async () => {
    const fixture = await syncFixture();
    await fixture.source([
      ["1", "10", "gold"],
      ["2", "20", "gold"],
    ]);
    await fixture.run("r1");
    const narrow = contactsSync({
      column_mappings: [{ destination_name: "score", snowflake_name: "score" }],
    });
    const withoutTier = await openFixture(fixture.path, narrow);
    expect(await withoutTier.plan("r2")).toMatchObject({ status: "no_changes", counts: { unchanged: 2 } });
    expect(await fixture.state()).toEqual({ "1": { score: "10" }, "2": { score: "20" } });
    const changes = await fixture.push(await fixture.plan("r3"), acknowledged);
    expect(changes.map(({ payload }) => payload)).toEqual([{ tier: "gold" }, { tier: "gold" }]);
  });

  it("two columns whose values run together differently are two different rows", async () => {
    const mappings = [
      { destination_name: "a", snowflake_name: "tier" },
      { destination_name: "b", snowflake_name: "note" },
    ];
    const fixture = await syncFixture({ column_mappings: mappings });
    await fixture.warehouse.execute("alter table retl.hubspot_contacts add column note varchar");
    await fixture.warehouse.execute(
      "insert into retl.hubspot_contacts (contact_id, tier, note) values ('1', 'a|b', 'c')",
    );
    await fixture.run("r1");
    await fixture.warehouse.execute("update retl.hubspot_contacts set tier = 'a', note = 'b|c'");
    expect(await fixture.plan("r2")).toMatchObject({ changes: 1 });
  });

  it("resync all sends every property of every row", async () => {
    const fixture = await syncFixture();
    await fixture.source([
      ["1", "10", "gold"],
      ["2", "5", null],
    ]);
    await fixture.run("r1");
    const changes = await fixture.push(await fixture.plan("r2", { resync: "all" }), acknowledged);
    expect(changes.map(({ payload }) => payload)).toEqual([
      { score: "10", tier: "gold" },
      { score: "5", tier: "" },
    ]);
  });
});

describe("rows that are not sent", () => {
  it("a row without an id and rows that share one go to the rejections and the others are sent", async () => {
    const fixture = await syncFixture();
    await fixture.source([
      [null, "1", "a"],
      ["  ", "2", "b"],
      ["7", "3", "c"],
      [" 7 ", "4", "d"],
      ["8", "5", "e"],
    ]);
    const plan = await fixture.plan("r1");
    expect(plan.counts).toMatchObject({ rows_read: 5, to_create: 1, refused: 4 });
    const list = await fixture.rows(
      "select code, contact_id, count(*) as n from retl.hubspot_contacts_sync_rejections group by code, contact_id order by code",
    );
    expect(list).toEqual([
      { code: "DUPLICATE_ID", contact_id: "7", n: "2" },
      { code: "MISSING_ID", contact_id: null, n: "2" },
    ]);
  });

  it("a refused row leaves the rejections when the source is right again", async () => {
    const fixture = await syncFixture();
    await fixture.source([
      ["7", "3", "c"],
      ["7", "4", "d"],
    ]);
    await fixture.plan("r1");
    await fixture.source([["7", "3", "c"]]);
    await fixture.run("r2");
    expect(await fixture.rows("select * from retl.hubspot_contacts_sync_rejections")).toEqual([]);
    expect(await fixture.state()).toEqual({ "7": { score: "3", tier: "c" } });
  });

  it("an id that is repeated after it was synced is refused, not overwritten by either row", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "10", "gold"]]);
    await fixture.run("r1");
    await fixture.source([
      ["1", "10", "gold"],
      ["1", "99", "iron"],
    ]);
    expect((await fixture.plan("r2")).counts).toMatchObject({ refused: 2, to_update: 0, unchanged: 0 });
  });

  it("a row that HubSpot rejected waits until its values change", async () => {
    const fixture = await syncFixture();
    await fixture.source([
      ["1", "10", "lead"],
      ["2", "5", "gold"],
    ]);
    await fixture.run("r1", (change) => (change.id === "1" ? rejected(change) : acknowledged(change)));
    expect(await fixture.plan("r2")).toMatchObject({
      status: "no_changes",
      counts: { skipped: 1, unchanged: 1 },
    });
    await fixture.source([
      ["1", "10", "gold"],
      ["2", "5", "gold"],
    ]);
    expect(await fixture.plan("r3")).toMatchObject({ changes: 1 });
  });

  it("a rejected row is tried again when its time has come, and at once with resync rejected", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "10", "lead"]]);
    await fixture.run("r1", rejected);
    await fixture.run("r2", rejected, { resync: "rejected" });
    const wait = fixture.warehouse.dialect.millisecondsBetween("last_at", "next_try_at");
    const [first] = await fixture.rows(
      `select attempts, ${wait} as wait from retl.hubspot_contacts_sync_rejections`,
    );
    expect(first).toEqual({ attempts: "2", wait: `${40 * 3_600_000}` });
    await fixture.warehouse.execute(
      "update retl.hubspot_contacts_sync_rejections set next_try_at = '2000-01-01'",
    );
    expect(await fixture.plan("r3")).toMatchObject({ changes: 1 });
  });

  it("a rejected row whose values go back to the acknowledged ones is owed nothing", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "10", "gold"]]);
    await fixture.run("r1");
    await fixture.source([["1", "10", "lead"]]);
    await fixture.run("r2", rejected);
    await fixture.source([["1", "10", "gold"]]);
    expect(await fixture.plan("r3")).toMatchObject({ status: "no_changes" });
    expect(await fixture.rows("select * from retl.hubspot_contacts_sync_rejections")).toEqual([]);
  });
});

describe("a row in doubt", () => {
  it("is sent with all its properties until an acknowledgement ends the doubt", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "10", "gold"]]);
    await fixture.run("r1");
    await fixture.source([["1", "11", "gold"]]);
    await fixture.run("r2", unknown);
    expect(await fixture.state()).toEqual({ "1": { score: "10", tier: "gold", in_doubt: true } });
    await fixture.source([["1", "10", "gold"]]);
    const [change] = await fixture.push(await fixture.plan("r3"), rejected);
    expect(change?.payload).toEqual({ score: "10", tier: "gold" });
  });
});

describe("counts", () => {
  it("rows read are unchanged, to send, skipped or refused, each exactly once", async () => {
    const fixture = await syncFixture();
    await fixture.source([
      ["1", "1", "a"],
      ["2", "2", "b"],
      ["3", "3", "c"],
    ]);
    await fixture.run("r1", (change) => (change.id === "3" ? rejected(change) : acknowledged(change)));
    await fixture.source([
      ["1", "1", "a"],
      ["2", "9", "b"],
      ["3", "3", "c"],
      ["4", "4", "d"],
      [null, "5", "e"],
      ["6", "6", "f"],
      ["6", "6", "f"],
    ]);
    const { counts } = await fixture.plan("r2");
    expect(counts).toEqual({
      rows_read: 7,
      unchanged: 1,
      to_create: 1,
      to_update: 1,
      to_archive: 0,
      to_clear: 0,
      skipped: 1,
      refused: 3,
      removed: 0,
    });
  });
});
