import { describe, expect, it } from "vitest";
import type { SyncInput } from "../../f/reverse_etl/sync/sync_config.ts";
import {
  acknowledged,
  contactsSync,
  openFixture,
  rejected,
  type SourceRow,
  type SyncFixture,
  syncFixture,
  unknown,
} from "../support/sync_fixture.ts";

const row = (id: string, score = "1", tier: string | null = "a"): SourceRow => [id, score, tier];
const ALL_PAYLOADS = { score: "1", tier: "a" };
const mirror = { operation_mode: "mirror" } as const;
const clearing = { on_removed: "clear" } as const;

/** A sync whose run r1 sent these rows. */
async function synced(overrides: Partial<SyncInput>, rows: readonly SourceRow[]): Promise<SyncFixture> {
  const fixture = await syncFixture(overrides);
  await fixture.source(rows);
  await fixture.run("r1");
  return fixture;
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: { code: string }) => error.code,
  );

/** Another declaration of a sync, against the same tables. */
const redeclared = (fixture: SyncFixture, overrides: Partial<SyncInput>) =>
  openFixture(fixture.path, contactsSync(overrides));

const rejections = (fixture: SyncFixture) =>
  fixture.rows(
    "select contact_id, code, attempts from retl.hubspot_contacts_sync_rejections order by contact_id",
  );

describe("create", () => {
  const create = { operation_mode: "create" } as const;

  it("makes records of new rows, and sends their changes to the records that were made", async () => {
    const fixture = await synced(create, [row("1")]);
    await fixture.source([row("1", "2"), row("2")]);
    const changes = await fixture.push(await fixture.plan("r2"), acknowledged);
    expect(changes).toMatchObject([
      { id: "2", operation: "create", known: false, payload: ALL_PAYLOADS },
      { id: "1", operation: "update", known: true, hubspotId: "hubspot-1", payload: { score: "2" } },
    ]);
  });

  it("with on_changed leave a change is not sent, and reported once", async () => {
    const fixture = await synced({ ...create, on_changed: "leave" }, [row("1"), row("2")]);
    await fixture.source([row("1", "2"), row("2")]);
    expect(await fixture.plan("r2")).toMatchObject({
      status: "no_changes",
      counts: { skipped: 1, unchanged: 1, to_update: 0 },
    });
    const [left] = await fixture.rows(
      "select contact_id, reason from retl.hubspot_contacts_sync where run_id = 'r2' and seq > 0",
    );
    expect(left).toEqual({ contact_id: "1", reason: "create_only" });
    expect(await fixture.plan("r3")).toMatchObject({
      status: "no_changes",
      counts: { skipped: 0, unchanged: 2 },
    });
    expect(await fixture.state()).toMatchObject({ "1": ALL_PAYLOADS });
  });

  it("what on_changed leave left alone is sent once it says otherwise", async () => {
    const fixture = await synced({ ...create, on_changed: "leave" }, [row("1"), row("2")]);
    await fixture.source([row("1", "2"), row("2")]);
    await fixture.plan("r2");
    const sending = await redeclared(fixture, create);
    const changes = await sending.push(await sending.plan("r3"), acknowledged);
    expect(changes).toMatchObject([{ id: "1", operation: "update", payload: { score: "2" } }]);
  });

  it("R7: a row whose creation is in doubt is a create that the state knows, so that it is read back first", async () => {
    const fixture = await syncFixture(create);
    await fixture.source([row("1")]);
    await fixture.run("r1", unknown);
    const changes = await fixture.push(await fixture.plan("r2"), acknowledged);
    expect(changes).toMatchObject([
      { operation: "create", known: true, hubspotId: null, payload: ALL_PAYLOADS },
    ]);
  });
});

describe("update", () => {
  it("sends new rows as updates of the records that their ids name", async () => {
    const { operation_mode, match_property } = {
      operation_mode: "update" as const,
      match_property: undefined,
    };
    const fixture = await syncFixture({ operation_mode, match_property });
    await fixture.source([row("101")]);
    const changes = await fixture.push(await fixture.plan("r1"), acknowledged);
    expect(changes).toMatchObject([{ id: "101", operation: "update", known: false }]);
  });
});

describe("mirror archives the records of removed rows", () => {
  it("by the record id that an acknowledgement told, and forgets them after its acknowledgement", async () => {
    const fixture = await synced(mirror, [row("1"), row("2")]);
    await fixture.source([row("1")]);
    const plan = await fixture.plan("r2");
    expect(plan).toMatchObject({
      changes: 1,
      counts: { to_archive: 1, to_update: 0, removed: 1, unchanged: 1, rows_read: 1 },
    });
    const changes = await fixture.push(plan, acknowledged);
    expect(changes).toMatchObject([
      {
        seq: 1,
        id: "2",
        operation: "archive",
        hubspotId: "hubspot-2",
        payload: {},
        desired: {},
        kept: [],
        known: true,
      },
    ]);
    expect(await fixture.settle(plan)).toMatchObject({ status: "succeeded", outcomes: { acknowledged: 1 } });
    expect(await fixture.state()).toEqual({ "1": ALL_PAYLOADS });
    expect(await fixture.plan("r3")).toMatchObject({ status: "no_changes", counts: { removed: 0 } });
  });

  it("and a row that comes back is new", async () => {
    const fixture = await synced(mirror, [row("1"), row("2")]);
    await fixture.source([row("1")]);
    await fixture.run("r2");
    await fixture.source([row("1"), row("2")]);
    const changes = await fixture.push(await fixture.plan("r3"), acknowledged);
    expect(changes).toMatchObject([{ id: "2", operation: "create", known: false, payload: ALL_PAYLOADS }]);
  });

  it("but no record that it did not send: a row that HubSpot refused and that is gone is only forgotten", async () => {
    const fixture = await syncFixture(mirror);
    await fixture.source([row("1"), row("2")]);
    await fixture.run("r1", (change) => (change.id === "2" ? rejected(change) : acknowledged(change)));
    await fixture.source([row("1")]);
    expect(await fixture.plan("r2")).toMatchObject({ status: "no_changes", counts: { to_archive: 0 } });
    expect(await rejections(fixture)).toEqual([]);
  });

  it("also of a row in doubt, of which no record id may be known", async () => {
    const fixture = await syncFixture(mirror);
    await fixture.source([row("1"), row("2")]);
    await fixture.run("r1", (change) => (change.id === "2" ? unknown(change) : acknowledged(change)));
    await fixture.source([row("1")]);
    const plan = await fixture.plan("r2");
    expect(plan.counts).toMatchObject({ to_archive: 1, removed: 1 });
    const changes = await fixture.push(plan, acknowledged);
    expect(changes).toMatchObject([{ id: "2", operation: "archive", hubspotId: null, known: true }]);
    await fixture.settle(plan);
    expect(await fixture.state()).toEqual({ "1": ALL_PAYLOADS });
  });

  it("an archive of unknown outcome is sent again, and a row that came back meanwhile is sent with all its properties", async () => {
    const fixture = await synced(mirror, [row("1"), row("2")]);
    await fixture.source([row("1")]);
    await fixture.run("r2", unknown);
    expect(await fixture.plan("r3", { dry_run: true })).toMatchObject({ counts: { to_archive: 1 } });
    await fixture.source([row("1"), row("2")]);
    const changes = await fixture.push(await fixture.plan("r4"), acknowledged);
    expect(changes).toMatchObject([{ id: "2", operation: "update", payload: ALL_PAYLOADS }]);
  });

  it("a refused archive is listed, waits with growing delays, and goes at once with resync rejected", async () => {
    const fixture = await synced(mirror, [row("1"), row("2")]);
    await fixture.source([row("1")]);
    await fixture.run("r2", rejected);
    expect(await fixture.plan("r3")).toMatchObject({
      status: "no_changes",
      counts: { to_archive: 0, removed: 0, skipped: 0, unchanged: 1 },
    });
    await fixture.run("r4", rejected, { resync: "rejected" });
    expect(await rejections(fixture)).toEqual([{ contact_id: "2", code: "INVALID_OPTION", attempts: "2" }]);
    await fixture.run("r5", acknowledged, { resync: "rejected" });
    expect(await rejections(fixture)).toEqual([]);
    expect(await fixture.state()).toEqual({ "1": ALL_PAYLOADS });
  });

  it("a row that is removed while its values wait in the rejections is archived, and owes nothing then", async () => {
    const fixture = await synced(mirror, [row("1"), row("2")]);
    await fixture.source([row("1"), row("2", "2")]);
    await fixture.run("r2", rejected);
    await fixture.source([row("1")]);
    const plan = await fixture.plan("r3");
    expect(plan.counts).toMatchObject({ to_archive: 1 });
    await fixture.push(plan, acknowledged);
    await fixture.settle(plan);
    expect(await rejections(fixture)).toEqual([]);
  });

  it("a row whose id stands twice now is refused, not archived", async () => {
    const fixture = await synced(mirror, [row("1"), row("2")]);
    await fixture.source([row("1"), row("2"), row("2", "5")]);
    expect(await fixture.plan("r2")).toMatchObject({
      status: "no_changes",
      counts: { refused: 2, to_archive: 0 },
    });
    expect(await fixture.state()).toMatchObject({ "2": ALL_PAYLOADS });
  });

  it("is held before anything is sent when more rows are gone than allowed, and an approval lets it through", async () => {
    const guards = { max_removed_fraction: 0.1, max_changed_fraction: 0.3, floor_rows: 2 };
    const all = Array.from({ length: 20 }, (_, index) => row(`${index}`));
    const fixture = await synced({ ...mirror, guards }, all);
    await fixture.source(all.slice(5));
    const held: unknown = await fixture.plan("r2").catch((error: unknown) => error);
    expect(held).toMatchObject({ code: "RETL_HELD_REMOVED_ROWS", details: { to_archive: 5 } });
    const approve = (held as { details: { plan_id: string } }).details.plan_id;
    expect(await fixture.run("r3", acknowledged, { approve })).toMatchObject({
      outcomes: { acknowledged: 5 },
    });
    await fixture.source([]);
    expect(await codeOf(fixture.plan("r4"))).toBe("RETL_HELD_EMPTY_SOURCE");
  });

  it("a record that another row took over in the same run is not lost: that row is sent again", async () => {
    const fixture = await synced(mirror, [row("1"), row("2")]);
    await fixture.source([row("1"), row("renamed")]);
    await fixture.run("r2", () => ({ kind: "acknowledged", hubspotId: "hubspot-2" }));
    expect(await fixture.state()).toEqual({ "1": ALL_PAYLOADS, renamed: { in_doubt: true } });
    const changes = await fixture.push(await fixture.plan("r3"), acknowledged);
    expect(changes).toMatchObject([{ id: "renamed", payload: ALL_PAYLOADS }]);
  });

  it("is the same destination as upsert, and rows that upsert left are archived after the change", async () => {
    const fixture = await synced({}, [row("1"), row("2")]);
    await fixture.source([row("1")]);
    expect(await fixture.plan("r2")).toMatchObject({
      status: "no_changes",
      counts: { removed: 1, to_archive: 0 },
    });
    const mirroring = await redeclared(fixture, mirror);
    const changes = await mirroring.push(await mirroring.plan("r3"), acknowledged);
    expect(changes).toMatchObject([{ id: "2", operation: "archive" }]);
  });
});

describe("on_removed clear empties every mapped property of removed rows", () => {
  it("kept ones included, once, and knows the record as empty afterwards", async () => {
    const fixture = await synced({ ...clearing, null_policy: "keep" }, [row("1"), row("2", "1", null)]);
    await fixture.source([row("1")]);
    const plan = await fixture.plan("r2");
    expect(plan).toMatchObject({ changes: 1, counts: { to_clear: 1, to_update: 0, removed: 1 } });
    const changes = await fixture.push(plan, acknowledged);
    expect(changes).toMatchObject([
      { id: "2", operation: "update", hubspotId: "hubspot-2", payload: { score: "", tier: "" }, known: true },
    ]);
    await fixture.settle(plan);
    expect(await fixture.state()).toMatchObject({ "2": { score: "", tier: "" } });
    expect(await fixture.plan("r3")).toMatchObject({ status: "no_changes", counts: { removed: 0 } });
  });

  it("and a row that comes back sends everything, whatever it was before", async () => {
    const fixture = await synced(clearing, [row("1"), row("2", "1", null)]);
    await fixture.source([row("1")]);
    await fixture.run("r2");
    await fixture.source([row("1"), row("2", "1", null)]);
    const plan = await fixture.plan("r3");
    const changes = await fixture.push(plan, acknowledged);
    expect(changes).toMatchObject([{ id: "2", operation: "update", payload: { score: "1", tier: "" } }]);
    await fixture.settle(plan);
    await fixture.source([row("1")]);
    expect(await fixture.plan("r4", { dry_run: true })).toMatchObject({ counts: { to_clear: 1 } });
  });

  it("a refused clearing waits like any other rejection", async () => {
    const fixture = await synced(clearing, [row("1"), row("2")]);
    await fixture.source([row("1")]);
    await fixture.run("r2", rejected);
    expect(await fixture.plan("r3")).toMatchObject({ status: "no_changes", counts: { to_clear: 0 } });
    expect(await rejections(fixture)).toMatchObject([{ contact_id: "2" }]);
    expect(await fixture.plan("r4", { resync: "rejected", dry_run: true })).toMatchObject({
      counts: { to_clear: 1 },
    });
  });

  it("an emptied record is archived once the sync says so", async () => {
    const fixture = await synced(clearing, [row("1"), row("2")]);
    await fixture.source([row("1")]);
    await fixture.run("r2");
    const archiving = await redeclared(fixture, { on_removed: "archive" });
    expect(await archiving.plan("r3")).toMatchObject({ counts: { to_archive: 1 } });
  });
});

describe("contacts by email", () => {
  const byEmail = { match_property: "email" } as const;

  it("two rows whose addresses differ only in case are one id, and refused", async () => {
    const fixture = await syncFixture(byEmail);
    await fixture.source([row("A@example.com"), row(" a@example.com", "2"), row("b@example.com")]);
    expect((await fixture.plan("r1")).counts).toMatchObject({ refused: 2, to_create: 1 });
  });

  it("an address that changes only in case is the same contact, unchanged", async () => {
    const fixture = await synced(byEmail, [row("a@example.com")]);
    await fixture.source([row("A@Example.com ")]);
    expect(await fixture.plan("r2")).toMatchObject({ status: "no_changes", counts: { unchanged: 1 } });
  });

  it("a change is sent with all mapped properties, because HubSpot takes no partial upsert by email", async () => {
    const fixture = await synced(byEmail, [row("a@example.com"), row("b@example.com")]);
    await fixture.source([row("a@example.com", "2"), row("b@example.com")]);
    const changes = await fixture.push(await fixture.plan("r2"), acknowledged);
    expect(changes).toMatchObject([{ id: "a@example.com", payload: { score: "2", tier: "a" } }]);
  });

  it("a mapping that is removed needs no call", async () => {
    const fixture = await synced(byEmail, [row("a@example.com")]);
    const narrow = await redeclared(fixture, {
      ...byEmail,
      column_mappings: [{ destination_name: "score", snowflake_name: "score" }],
    });
    expect(await narrow.plan("r2")).toMatchObject({ status: "no_changes", counts: { unchanged: 1 } });
    expect(await fixture.state()).toEqual({ "a@example.com": { score: "1" } });
  });
});
