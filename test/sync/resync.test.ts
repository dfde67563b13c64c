import { describe, expect, it } from "vitest";
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

const ROWS: readonly SourceRow[] = [
  ["1", "1", "a"],
  ["2", "2", "b"],
  ["3", "3", "c"],
];
const IN_HUBSPOT = {
  "1": { score: "1", tier: "a" },
  "2": { score: "2", tier: "b" },
  "3": { score: "3", tier: "c" },
};

const all = { resync: "all" } as const;
const nothing = () => null;
const onlyFirst: Parameters<SyncFixture["run"]>[1] = (change) =>
  change.id === "1" ? acknowledged(change) : null;

async function synced(...overrides: Parameters<typeof syncFixture>): Promise<SyncFixture> {
  const fixture = await syncFixture(...overrides);
  await fixture.source(ROWS);
  await fixture.run("r1");
  return fixture;
}

/** What a run plans and why, with the properties that it sends. */
async function planned(fixture: SyncFixture, runId: string) {
  const changes = await fixture.push(await fixture.plan(runId), acknowledged);
  const reasons = await fixture.rows(
    `select contact_id, reason from retl.hubspot_contacts_sync where run_id = '${runId}' and seq > 0 order by contact_id`,
  );
  return {
    reasons: reasons.map((row) => `${row.contact_id} ${row.reason}`),
    sent: Object.fromEntries(changes.map(({ id, payload }) => [id, payload])),
  };
}

describe("a resync that does not finish", () => {
  it("puts no row in doubt and raises no alert of failed rows", async () => {
    const fixture = await synced({ alerts: { webhook: "f/reverse_etl/alert_webhook", max_failed_rows: 0 } });
    expect(await fixture.run("r2", onlyFirst, all)).toMatchObject({ status: "partial" });
    expect(await fixture.state()).toEqual(IN_HUBSPOT);
    expect(await fixture.rows("select alert from retl.retl_alerts where state = 'raised'")).toEqual([]);
  });

  it("goes on in the next ordinary run: exactly what was not acknowledged since is sent, whole", async () => {
    const fixture = await synced();
    await fixture.run("r2", onlyFirst, all);
    expect(await planned(fixture, "r3")).toEqual({
      reasons: ["2 resync", "3 resync"],
      sent: { "2": { score: "2", tier: "b" }, "3": { score: "3", tier: "c" } },
    });
    await fixture.warehouse.execute("update retl.hubspot_contacts_sync_lease set expires_at = '2000-01-01'");
    expect(await fixture.plan("r4")).toMatchObject({ status: "no_changes" });
  });

  it("because it died before it sent anything goes on as well, and no row is in doubt", async () => {
    const fixture = await synced();
    await fixture.plan("r2", all);
    await fixture.warehouse.execute("update retl.hubspot_contacts_sync_lease set expires_at = '2000-01-01'");
    const { sent } = await planned(fixture, "r3");
    expect(sent).toEqual(IN_HUBSPOT);
    expect(await fixture.state()).toEqual(IN_HUBSPOT);
  });

  it("sends a row that has changed since whole, and the guard counts it as changed", async () => {
    const guards = { max_removed_fraction: 1, max_changed_fraction: 0.5, floor_rows: 0 };
    const fixture = await synced({ guards });
    await fixture.run("r2", nothing, all);
    const changed = ROWS.map(([id, , tier]): SourceRow => [id, "9", tier]);
    await fixture.source(changed);
    await expect(fixture.plan("r3")).rejects.toMatchObject({ code: "RETL_HELD_CHANGED_ROWS" });
    await fixture.source([...changed.slice(0, 1), ...ROWS.slice(1)]);
    expect((await planned(fixture, "r4")).sent).toMatchObject({ "1": { score: "9", tier: "a" } });
  });

  it("leaves a row in doubt that was in doubt before, until HubSpot acknowledges it", async () => {
    const fixture = await synced();
    await fixture.source(ROWS.map(([id, score, tier]) => [id, id === "3" ? "4" : score, tier]));
    await fixture.run("r2", unknown);
    await fixture.run("r3", nothing, all);
    expect(await fixture.state()).toMatchObject({ "1": { score: "1" }, "3": { in_doubt: true } });
    expect((await planned(fixture, "r4")).reasons).toEqual(["1 resync", "2 resync", "3 in_doubt"]);
  });

  it("lets a row that HubSpot refuses wait for its next try, which sends it whole", async () => {
    const fixture = await synced();
    await fixture.run("r2", (change) => (change.id === "2" ? rejected(change) : acknowledged(change)), all);
    expect(await fixture.plan("r3")).toMatchObject({ status: "no_changes", counts: { skipped: 1 } });
    const changes = await fixture.push(await fixture.plan("r4", { resync: "rejected" }), acknowledged);
    expect(changes).toMatchObject([{ id: "2", payload: { score: "2", tier: "b" } }]);
  });

  it("is not over for rows that wait or are refused while it runs: they are sent whole when they are sent", async () => {
    const fixture = await synced();
    await fixture.source([
      ["1", "1", "a"],
      ["2", "9", "b"],
      ["3", "3", "c\u0001"],
    ]);
    await fixture.run("r2", rejected);
    expect(await fixture.run("r3", acknowledged, all)).toMatchObject({ outcomes: { acknowledged: 1 } });
    await fixture.warehouse.execute(
      "update retl.hubspot_contacts_sync_rejections set next_try_at = '2000-01-01' where next_try_at is not null",
    );
    await fixture.source([
      ["1", "1", "a"],
      ["2", "9", "b"],
      ["3", "4", "c"],
    ]);
    expect(await planned(fixture, "r4")).toEqual({
      reasons: ["2 resync", "3 resync"],
      sent: { "2": { score: "9", tier: "b" }, "3": { score: "4", tier: "c" } },
    });
  });

  it("marks rows that wait also when there is nothing else to send", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "1", "a"]]);
    await fixture.run("r1");
    await fixture.source([["1", "9", "a"]]);
    await fixture.run("r2", rejected);
    expect(await fixture.plan("r3", all)).toMatchObject({ status: "no_changes", counts: { skipped: 1 } });
    await fixture.source([["1", "1", "a"]]);
    expect((await planned(fixture, "r4")).sent).toEqual({ "1": { score: "1", tier: "a" } });
  });

  it("is over where changes are left alone from now on", async () => {
    const created = { operation_mode: "create" } as const;
    const fixture = await synced(created);
    await fixture.run("r2", nothing, all);
    const left = await openFixture(fixture.path, contactsSync({ ...created, on_changed: "leave" }));
    expect((await left.plan("r3")).counts).toMatchObject({ skipped: 3, to_update: 0 });
    expect((await left.plan("r4")).counts).toMatchObject({ skipped: 0, unchanged: 3 });
  });
});
