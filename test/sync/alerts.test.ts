import { describe, expect, it } from "vitest";
import { requireAlertRows } from "../../f/reverse_etl/sync/alerts.ts";
import { type AlertChange, tellAlerts } from "../../f/reverse_etl/sync/alerts_told.ts";
import { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import {
  acknowledged,
  openFixture,
  rejected,
  type SyncFixture,
  syncFixture,
  unknown,
} from "../support/sync_fixture.ts";

const alerts = { webhook: "f/reverse_etl/alert_webhook", max_failed_rows: 0 };

/** A run that settled with a refused row, and died before it told anybody. */
async function untold(): Promise<SyncFixture> {
  const fixture = await syncFixture({ alerts });
  await fixture.source([["1", "1", "a"]]);
  await fixture.run("r1", rejected);
  return fixture;
}

/** Tells through a list instead of a webhook. */
function tellInto(told: AlertChange[], { warehouse, sync }: SyncFixture) {
  const of = { schema: sync.config.schema, sync: sync.key };
  return tellAlerts(warehouse, of, async (change) => {
    told.push(change);
    return null;
  });
}

it("a change of state that was committed and not told is told by whoever comes next, once", async () => {
  const fixture = await untold();
  const told: AlertChange[] = [];
  await tellInto(told, fixture);
  await tellInto(told, fixture);
  expect(told).toMatchObject([
    { sync: "hubspot/contacts", alert: "failed_rows", state: "raised", run_id: "r1" },
  ]);
});

it("of two steps that tell at the same time one tells", async () => {
  const fixture = await untold();
  const other = await openFixture(fixture.path, fixture.sync);
  const told: AlertChange[] = [];
  await Promise.all([tellInto(told, fixture), tellInto(told, other)]);
  expect(told).toHaveLength(1);
});

it("a step that died while it told leaves the change to another one after a while", async () => {
  const fixture = await untold();
  const of = { schema: "retl", sync: fixture.sync.key };
  // The process ends here: neither told nor given up.
  void tellAlerts(fixture.warehouse, of, () => new Promise(() => undefined));
  const claimed = async () =>
    (await fixture.rows("select 1 as one from retl.retl_alerts where tried_at is not null")).length;
  await expect.poll(claimed).toBe(1);
  const other = await openFixture(fixture.path, fixture.sync);
  const told: AlertChange[] = [];
  await tellInto(told, other);
  expect(told).toEqual([]);
  await other.rows(
    "update retl.retl_alerts set tried_at = tried_at - interval '2 minutes' where tried_at is not null",
  );
  await tellInto(told, other);
  expect(told).toHaveLength(1);
});

it("what is over before anybody was told is told once, as over", async () => {
  const fixture = await untold();
  await fixture.source([["1", "2", "a"]]);
  await fixture.run("r2");
  const told: AlertChange[] = [];
  await tellInto(told, fixture);
  expect(told).toMatchObject([{ alert: "failed_rows", state: "over", run_id: "r2" }]);
  expect(told[0]?.reason).toContain("1 of 1 source rows");
});

it("a sync with alerts that was not migrated since is refused before anything is planned", async () => {
  const fixture = await syncFixture({ alerts });
  const session = new SyncSession(fixture.warehouse, fixture.sync);
  await requireAlertRows(session);
  await fixture.rows("delete from retl.retl_alerts where alert = 'run_time'");
  await expect(requireAlertRows(session)).rejects.toMatchObject({ code: "RETL_NOT_MIGRATED" });
});

it("an earlier run that died raises an alert when the next one finds it", async () => {
  const fixture = await syncFixture({ alerts });
  await fixture.source([["1", "1", "a"]]);
  await fixture.push(await fixture.plan("r1"), unknown, { ended: false });
  await fixture.rows(
    "update retl.hubspot_contacts_sync_lease set expires_at = timestamp '2000-01-01 00:00:00'",
  );
  await fixture.plan("r2");
  const told: AlertChange[] = [];
  await tellInto(told, fixture);
  expect(told).toMatchObject([{ alert: "run_failed", state: "raised", run_id: "r1" }]);
  expect(told[0]?.reason).toContain("settled by the run r2");
});

describe("a run that took longer than allowed and cannot say so itself", () => {
  const BEGAN = "timestamp '2026-01-01 00:00:00'";
  const setLease = (fixture: SyncFixture, expiresAt: string) =>
    fixture.rows(`update retl.hubspot_contacts_sync_lease set expires_at = timestamp '${expiresAt}'`);

  /** A sync that the run `r1` planned for long ago, and whose lease it holds for years. */
  async function overdue(thresholds: { max_run_minutes?: number }): Promise<SyncFixture> {
    const fixture = await syncFixture({ alerts: { webhook: alerts.webhook, ...thresholds } });
    await fixture.source([["1", "1", "a"]]);
    await fixture.plan("r1");
    await fixture.rows(`update retl.retl_runs set started_at = ${BEGAN} where run_id = 'r1'`);
    await setLease(fixture, "2100-01-01 00:00:00");
    return fixture;
  }

  async function toldBy(fixture: SyncFixture): Promise<AlertChange[]> {
    const told: AlertChange[] = [];
    await tellInto(told, fixture);
    return told;
  }

  it("raises its alert when another one finds the sync busy, once", async () => {
    const fixture = await overdue({ max_run_minutes: 60 });
    await expect(fixture.plan("r2")).rejects.toMatchObject({ code: "RETL_BUSY" });
    const told = await toldBy(fixture);
    expect(told).toMatchObject([{ alert: "run_time", state: "raised", run_id: "r1" }]);
    expect(told[0]?.reason).toMatch(
      /^the run r1 began at 2026-01-01T00:00:00\S* and did not end within \d+\.\d min \(allowed: 60\): look at it, and cancel it/,
    );
    await expect(fixture.plan("r3")).rejects.toMatchObject({ code: "RETL_BUSY" });
    expect(await toldBy(fixture)).toEqual([]);
  });

  it.for([
    ["it is within its time", { max_run_minutes: 100_000_000 }],
    ["there is no such threshold", {}],
  ] as const)("raises none when %s", async ([, thresholds]) => {
    const fixture = await overdue(thresholds);
    await expect(fixture.plan("r2")).rejects.toMatchObject({ code: "RETL_BUSY" });
    expect(await toldBy(fixture)).toEqual([]);
  });

  it("raises its alert when a later one settles it, which is over with the next run that goes through", async () => {
    const fixture = await overdue({ max_run_minutes: 60 });
    await setLease(fixture, "2000-01-01 00:00:00");
    const plan = await fixture.plan("r2");
    const told = await toldBy(fixture);
    expect(told).toMatchObject([
      { alert: "run_failed", state: "raised", run_id: "r1" },
      { alert: "run_time", state: "raised", run_id: "r1" },
    ]);
    expect(told[1]?.reason).toMatch(/its worker died or hung, and the run r2 settled what it left$/);
    await fixture.push(plan, acknowledged);
    await fixture.settle(plan);
    expect(await toldBy(fixture)).toMatchObject([
      { alert: "run_failed", state: "over", run_id: "r2" },
      { alert: "run_time", state: "over", run_id: "r2" },
    ]);
  });

  it("is taken for no longer than until its failure, which was told", async () => {
    const fixture = await overdue({ max_run_minutes: 60 });
    await fixture.rows(
      `update retl.retl_runs set failure_recorded_at = timestamp '2026-01-01 00:59:00' where run_id = 'r1'`,
    );
    await expect(fixture.plan("r2")).rejects.toMatchObject({ code: "RETL_BUSY" });
    expect(await toldBy(fixture)).toEqual([]);
  });
});
