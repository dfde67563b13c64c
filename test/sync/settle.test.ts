import { describe, expect, it } from "vitest";
import { startAttempt } from "../../f/reverse_etl/sync/journal.ts";
import { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import { acknowledged, openFixture, rejected, syncFixture, unknown } from "../support/sync_fixture.ts";

describe("settle (R4)", () => {
  it("acknowledged rows take the values that were sent, not those of the source by then", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "10", "gold"]]);
    const plan = await fixture.plan("r1");
    await fixture.push(plan, acknowledged);
    await fixture.source([["1", "77", "iron"]]);
    await fixture.settle(plan);
    expect(await fixture.state()).toEqual({ "1": { score: "10", tier: "gold" } });
  });

  it("every planned change has exactly one outcome, and they add up to the plan", async () => {
    const fixture = await syncFixture();
    await fixture.source(["1", "2", "3", "4", "5"].map((id) => [id, "1", "a"]));
    const answers = [acknowledged, acknowledged, rejected, unknown, () => null] as const;
    const settled = await fixture.run("r1", (change) => answers[change.seq - 1]?.(change) ?? null);
    expect(settled).toMatchObject({
      outcomes: { acknowledged: 2, rejected: 1, unknown: 1, deferred: 1 },
      status: "partial",
    });
  });

  it("a deferred row is sent by the next run, a row in doubt with all its properties", async () => {
    const fixture = await syncFixture();
    await fixture.source([
      ["1", "1", "a"],
      ["2", "2", "b"],
    ]);
    await fixture.run("r1", (change) => (change.id === "1" ? null : unknown(change)));
    const changes = await fixture.push(await fixture.plan("r2"), acknowledged);
    expect(changes.map(({ id, payload }) => [id, payload])).toEqual([
      ["1", { score: "1", tier: "a" }],
      ["2", { score: "2", tier: "b" }],
    ]);
  });

  it("a row that may have been created without our knowing is remembered in doubt", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "1", "a"]]);
    await fixture.run("r1", unknown);
    expect(await fixture.state()).toEqual({ "1": { in_doubt: true } });
  });

  it("settling twice changes nothing and answers the same", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "1", "a"]]);
    const plan = await fixture.plan("r1");
    await fixture.push(plan, acknowledged);
    const first = await fixture.settle(plan);
    expect(await fixture.settle(plan)).toEqual(first);
  });

  it("an acknowledgement ends a rejection", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "1", "a"]]);
    await fixture.run("r1", rejected);
    await fixture.run("r2", acknowledged, { resync: "rejected" });
    expect(await fixture.rows("select * from retl.hubspot_contacts_sync_rejections")).toEqual([]);
  });

  it("R6: a rejection does not end a doubt", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "1", "a"]]);
    await fixture.run("r1", unknown);
    await fixture.run("r2", rejected);
    expect(await fixture.state()).toEqual({ "1": { in_doubt: true } });
  });

  it("a row that one copy got acknowledged and another rejected is in doubt", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "1", "a"]]);
    const plan = await fixture.plan("r1");
    const session = new SyncSession(fixture.warehouse, fixture.sync);
    const lease = { runId: "r1", token: plan.token ?? "" };
    const copies = await Promise.all(
      [1, 2].map(() => startAttempt(session, lease, { number: 1, first_seq: 1, last_seq: 1 })),
    );
    const record = (outcome: ReturnType<typeof acknowledged>) => ({
      callNumber: 1,
      firstSeq: 1,
      lastSeq: 1,
      httpStatus: 200,
      sentAt: 0,
      latencyMs: 1,
      results: outcome === null ? [] : [{ seq: 1, outcome }],
    });
    const change = {
      seq: 1,
      id: "1",
      operation: "create",
      hubspotId: null,
      payload: {},
      desired: {},
      known: false,
    } as const;
    await copies[0]?.append([record(acknowledged(change))]);
    await copies[1]?.append([record(rejected(change))]);
    for (const copy of copies) await copy.end();
    expect(await fixture.settle(plan)).toMatchObject({ outcomes: { unknown: 1 } });
    expect(await fixture.state()).toEqual({ "1": { in_doubt: true } });
  });
});

describe("a run that died", () => {
  it("R9: the next run settles it first: what was journalled counts, what a started batch left open is in doubt", async () => {
    const fixture = await syncFixture();
    await fixture.source([
      ["1", "1", "a"],
      ["2", "2", "b"],
    ]);
    const dead = await fixture.plan("r1");
    await fixture.push(dead, (change) => (change.id === "1" ? acknowledged(change) : null), { ended: false });
    await expire(fixture);
    const next = await fixture.plan("r2");
    expect(next.unsettled_predecessors).toEqual(["r1"]);
    expect(await fixture.state()).toEqual({ "1": { score: "1", tier: "a" }, "2": { in_doubt: true } });
    expect(next.changes).toBe(1);
    const [run] = await fixture.rows(
      "select status, acknowledged, unknown from retl.retl_runs where run_id = 'r1'",
    );
    expect(run).toEqual({ status: "failed", acknowledged: "1", unknown: "1" });
  });

  it("R5: an attempt without an end forbids sending until its requests have ended", async () => {
    const timings = {
      lease_seconds: 600,
      call_timeout_seconds: 30,
      hubspot_request_seconds: 60,
      clock_skew_seconds: 5,
      outage_seconds: 0,
    };
    const fixture = await syncFixture({ timings });
    await fixture.source([["1", "1", "a"]]);
    const plan = await fixture.plan("r1");
    await fixture.push(plan, () => null, { ended: false });
    await fixture.settle(plan);
    const { dialect } = fixture.warehouse;
    const wait = dialect.millisecondsBetween(dialect.now, "not_before");
    const [lease] = await fixture.rows(`select ${wait} as wait from retl.hubspot_contacts_sync_lease`);
    expect(Number(lease?.wait)).toBeGreaterThan(60_000);
    expect(Number(lease?.wait)).toBeLessThanOrEqual(125_000);
  });

  it("R4: what a settled run journals late puts its rows in doubt, whatever it says, and the next run sends them whole", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "1", "a"]]);
    await fixture.run("r0");
    await fixture.source([["1", "2", "a"]]);
    const zombie = await fixture.plan("r1");
    const copy = await openFixture(fixture.path, fixture.sync);
    await expire(fixture);
    await fixture.source([["1", "3", "a"]]);
    const taker = await fixture.plan("r2");
    await copy.push(zombie, acknowledged);
    await fixture.push(taker, acknowledged);
    await fixture.settle(taker);
    expect(await fixture.state()).toEqual({ "1": { score: "3", tier: "a", in_doubt: true } });
    const [change] = await fixture.push(await fixture.plan("r3"), acknowledged);
    expect(change?.payload).toEqual({ score: "3", tier: "a" });
  });

  it("a run whose lease was taken over cannot settle", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "1", "a"]]);
    const plan = await fixture.plan("r1");
    await fixture.warehouse.execute(
      "update retl.hubspot_contacts_sync_lease set holder = 'other', token = token + 1",
    );
    await expect(fixture.settle(plan)).rejects.toMatchObject({ code: "RETL_LEASE_LOST" });
  });

  it("R1: an expired lease that nobody took is still the run's own", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "1", "a"]]);
    const plan = await fixture.plan("r1");
    await fixture.push(plan, acknowledged);
    await expire(fixture);
    expect(await fixture.settle(plan)).toMatchObject({ status: "succeeded" });
  });
});

describe("two at once", () => {
  it("R2: a second copy of diff_insert answers what the first one stored", async () => {
    const fixture = await syncFixture();
    await fixture.source([
      ["1", "1", "a"],
      ["2", "2", "b"],
    ]);
    const copy = await openFixture(fixture.path, fixture.sync);
    const plans = await Promise.all([fixture.plan("r1"), copy.plan("r1"), fixture.plan("r1")]);
    expect(new Set(plans.map((plan) => JSON.stringify(plan))).size).toBe(1);
    expect(await fixture.rows("select count(*) as n from retl.hubspot_contacts_sync where seq > 0")).toEqual([
      { n: "2" },
    ]);
  });

  it("two copies of settle fold once", async () => {
    const fixture = await syncFixture();
    await fixture.source([
      ["1", "1", "a"],
      ["2", "2", "b"],
    ]);
    const copy = await openFixture(fixture.path, fixture.sync);
    const plan = await fixture.plan("r1");
    await fixture.push(plan, acknowledged);
    const [first, second] = await Promise.all([fixture.settle(plan), copy.settle(plan)]);
    expect(second).toEqual(first);
    expect(await fixture.state()).toEqual({ "1": { score: "1", tier: "a" }, "2": { score: "2", tier: "b" } });
  });

  it("Promise 7: two runs of one sync never interleave: the second fails as busy", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "1", "a"]]);
    const other = await openFixture(fixture.path, fixture.sync);
    await fixture.plan("r1");
    await expect(other.plan("r2")).rejects.toMatchObject({ code: "RETL_BUSY", details: { holder: "r1" } });
  });

  it("of many runs that race for the lease exactly one gets it", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "1", "a"]]);
    const racers = await Promise.all(
      Array.from({ length: 8 }, () => openFixture(fixture.path, fixture.sync)),
    );
    const ends = await Promise.allSettled(racers.map((racer, index) => racer.plan(`r${index}`)));
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const end of ends)
      if (end.status === "rejected") expect(end.reason).toMatchObject({ code: "RETL_BUSY" });
  });
});

async function expire(fixture: { warehouse: { execute(sql: string): Promise<number> } }): Promise<void> {
  await fixture.warehouse.execute("update retl.hubspot_contacts_sync_lease set expires_at = '2000-01-01'");
}
