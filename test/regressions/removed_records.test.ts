import { describe, expect, it } from "vitest";
import { allRead, type Received } from "../hubspot/scripted_server.ts";
import {
  type Answer,
  acknowledged,
  contactsSync,
  openFixture,
  rejected,
  type SyncFixture,
  syncFixture,
} from "../support/sync_fixture.ts";
import { changes, push } from "../sync/push_fixture.ts";

const mirror = { operation_mode: "mirror" } as const;
const clearing = { on_removed: "clear" } as const;
const reads = ({ path }: Received) => path.endsWith("/read");

/** HubSpot answers for every row with the record that row 2 had first. */
const takenOver: Answer = () => ({ kind: "acknowledged", hubspotId: "hubspot-2" });

/** A sync that left the record of row 2, and whose row `renamed` has written to that record since. */
async function takenOverByAnotherRow(): Promise<SyncFixture> {
  const fixture = await syncFixture();
  await fixture.source([
    ["1", "1", "a"],
    ["2", "1", "a"],
  ]);
  await fixture.run("r1");
  await fixture.source([
    ["1", "1", "a"],
    ["renamed", "1", "a"],
  ]);
  await fixture.run("r2", takenOver);
  return fixture;
}

describe("the record of a removed row that another row of the source has now", () => {
  it.each([
    ["archived", mirror],
    ["cleared", clearing],
  ])("is not %s once the sync says what becomes of removed rows", async (_what, mode) => {
    const fixture = await takenOverByAnotherRow();
    const changed = await openFixture(fixture.path, contactsSync(mode));
    expect(await changed.plan("r3")).toMatchObject({
      status: "no_changes",
      counts: { to_archive: 0, to_clear: 0, unchanged: 2 },
    });
  });

  it("is archived once that row is gone, too", async () => {
    const fixture = await takenOverByAnotherRow();
    const mirroring = await openFixture(fixture.path, contactsSync(mirror));
    await mirroring.source([["1", "1", "a"]]);
    expect(await mirroring.plan("r3")).toMatchObject({ changes: 1, counts: { to_archive: 1 } });
  });

  it.each([
    ["first", "1", "2"],
    ["second", "2", "1"],
  ])("is not archived when the %s of two rows that share it leaves", async (_which, gone, stays) => {
    const fixture = await syncFixture(mirror);
    await fixture.source([["1", "1", "a"]]);
    await fixture.run("r1", takenOver);
    await fixture.source([
      ["1", "1", "a"],
      ["2", "1", "a"],
    ]);
    // The row that holds the record is sent again alone, and acknowledged, while the other one waits.
    await fixture.run("r2", takenOver);
    await fixture.run("r3", takenOver);
    await fixture.source([[stays, "1", "a"]]);
    const changes = await fixture.push(await fixture.plan("r4"), takenOver);
    expect(changes.filter(({ operation }) => operation === "archive")).toEqual([]);
    expect(changes.map(({ id }) => id)).not.toContain(gone);
    // The row that stays has the record to itself then.
    await fixture.run("r5", takenOver, { resync: "rejected" });
    await fixture.source([[stays, "2", "a"]]);
    await fixture.run("r6", takenOver);
    expect(await fixture.state()).toMatchObject({ [stays]: { score: "2", tier: "a" } });
    expect((await fixture.state())[stays]).not.toHaveProperty("in_doubt");
    expect(await fixture.rows("select code from retl.hubspot_contacts_sync_rejections")).toEqual([]);
    // Without both rows the record is archived, once.
    await fixture.source([["3", "1", "a"]]);
    await fixture.run("r7");
    await fixture.run("r8");
    expect(Object.keys(await fixture.state())).toEqual(["3"]);
  });

  it("does not keep the row that stays from being acknowledged", async () => {
    const fixture = await syncFixture(mirror);
    await fixture.source([
      ["1", "1", "a"],
      ["2", "1", "a"],
    ]);
    await fixture.run("r1", takenOver);
    await fixture.source([["1", "1", "a"]]);
    await fixture.run("r2", takenOver, { resync: "rejected" });
    expect(await fixture.state()).toMatchObject({ "1": { score: "1", tier: "a" } });
    expect(await fixture.rows("select code from retl.hubspot_contacts_sync_rejections")).toEqual([]);
    await fixture.source([["1", "2", "a"]]);
    expect(await fixture.run("r3", takenOver)).toMatchObject({ outcomes: { acknowledged: 1 } });
  });

  const renamed = (operation: "archive" | "update", hubspotId: string | null) =>
    changes(1, () => ({ operation, removed: true, known: true, hubspotId, payload: {}, desired: {} }));

  it("is not archived when HubSpot shows another key there", async () => {
    const pushed = await push(renamed("archive", "701"), (request) =>
      reads(request)
        ? { body: { results: [{ id: "701", properties: { customer_id: "c2" } }] } }
        : { status: 204 },
    );
    expect(pushed.received.map(({ path }) => path.split("/").at(-1))).toEqual(["read"]);
    expect(pushed.received[0]?.body.properties).toContain("customer_id");
    expect(pushed.outcomes.get(1)).toEqual({ kind: "acknowledged", hubspotId: null });
  });

  it("is archived when HubSpot shows the row's key, or none", async () => {
    for (const properties of [{ customer_id: " c1" }, { customer_id: null }, { customer_id: "" }]) {
      const pushed = await push(renamed("archive", "701"), (request) =>
        reads(request) ? { body: { results: [{ id: "701", properties }] } } : { status: 204 },
      );
      expect(pushed.received.at(-1)?.inputs).toEqual([{ id: "701" }]);
    }
  });

  it.each(["archive", "update"] as const)(
    "gets no %s when the row's address is only its secondary one",
    async (operation) => {
      const rows = renamed(operation, null).map((change) => ({ ...change, id: "old@example.com" }));
      const properties = { email: "new@example.com", hs_additional_emails: "old@example.com" };
      const pushed = await push(
        rows,
        (request) => (reads(request) ? { body: { results: [{ id: "701", properties }] } } : allRead(request)),
        { sync: { idProperty: "email" } },
      );
      expect(pushed.received.map(({ path }) => path.split("/").at(-1))).toEqual(["read"]);
      expect(pushed.outcomes.get(1)).toEqual({ kind: "acknowledged", hubspotId: null });
    },
  );
});

describe("a record that stood in the way of a create", () => {
  it.each(["archive", "update"] as const)("gets no %s when the row is gone", async (operation) => {
    const rows = changes(1, () => ({
      ...{ operation, removed: true, known: true, hubspotId: null, payload: {}, desired: {} },
    }));
    const pushed = await push(
      rows,
      (request) =>
        reads(request)
          ? { body: { results: [{ id: "701", properties: { customer_id: "c1" } }] } }
          : allRead(request),
      { sync: { action: "create" } },
    );
    expect(pushed.received.map(({ path }) => path.split("/").at(-1))).toEqual(["read"]);
    expect(pushed.outcomes.get(1)).toMatchObject({ kind: "rejected", code: "CONFLICT" });
  });
});

describe("while a source row has no id", () => {
  it.each([
    ["archived", mirror],
    ["cleared", clearing],
  ])("no row counts as gone that is to be %s, because it may be that one", async (_what, mode) => {
    const fixture = await syncFixture(mode);
    await fixture.source([
      ["1", "1", "a"],
      ["2", "1", "a"],
    ]);
    await fixture.run("r1");
    await fixture.source([
      ["1", "2", "a"],
      [null, "1", "a"],
    ]);
    const plan = await fixture.plan("r2");
    expect(plan).toMatchObject({
      changes: 1,
      counts: { to_archive: 0, to_clear: 0, to_update: 1, refused: 1 },
    });
    await fixture.push(plan, acknowledged);
    await fixture.settle(plan);
    await fixture.source([["1", "2", "a"]]);
    expect(await fixture.plan("r3", { dry_run: true })).toMatchObject({ changes: 1, counts: { removed: 1 } });
  });

  it("the guard counts the rows that wait for it", async () => {
    const guards = { max_removed_fraction: 0.1, max_changed_fraction: 1, floor_rows: 2 };
    const fixture = await syncFixture({ ...mirror, guards });
    await fixture.source(Array.from({ length: 9 }, (_, index) => [`${index}`, "1", "a"]));
    await fixture.run("r1");
    await fixture.source(Array.from({ length: 9 }, (_, index) => [index < 5 ? null : `${index}`, "1", "a"]));
    await expect(fixture.plan("r2")).rejects.toMatchObject({ code: "RETL_HELD_REMOVED_ROWS" });
  });

  it("what HubSpot refused of a removed row stays listed", async () => {
    const fixture = await syncFixture(mirror);
    await fixture.source([
      ["1", "1", "a"],
      ["2", "1", "a"],
    ]);
    await fixture.run("r1");
    await fixture.source([["1", "1", "a"]]);
    await fixture.run("r2", rejected);
    await fixture.source([
      ["1", "1", "a"],
      [null, "1", "a"],
    ]);
    await fixture.plan("r3");
    expect(
      await fixture.rows("select code from retl.hubspot_contacts_sync_rejections order by code"),
    ).toEqual([{ code: "INVALID_OPTION" }, { code: "MISSING_ID" }]);
  });
});
