import { describe, expect, it } from "vitest";
import { startAttempt } from "../../f/reverse_etl/sync/journal.ts";
import { type SyncInput, syncProblems } from "../../f/reverse_etl/sync/sync_config.ts";
import { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import { readStatus } from "../../local/cli/read_status.ts";
import { contacts } from "../support/people_sync.ts";
import { acknowledged, rejected, type SyncFixture, syncFixture, unknown } from "../support/sync_fixture.ts";
import { CHANGED, except, found, LIST, suppressing, THREE } from "./suppressions_fixture.ts";

const MODES: readonly [name: string, settings: Partial<SyncInput>][] = [
  ["upsert", {}],
  ["create", { operation_mode: "create" }],
  ["mirror", { operation_mode: "mirror" }],
  ["on_removed: clear", { on_removed: "clear" }],
];

describe("a suppressed row is not planned to be sent", () => {
  it.each(MODES)(
    "%s: neither new, nor changed, nor for a resync, nor in doubt, nor removed",
    async (_, mode) => {
      const fixture = await suppressing(mode);
      await fixture.source(THREE);
      await fixture.list("3");
      const first = await fixture.plan("r1");
      expect(first.counts).toMatchObject({ rows_read: 3, to_create: 2, skipped: 1 });
      const sent = await fixture.push(first, except("2", unknown));
      expect(sent.map(({ id }) => id)).toEqual(["1", "2"]);
      await fixture.settle(first);
      await fixture.list("2", "3");
      await fixture.source(CHANGED);
      const second = await fixture.plan("r2", { resync: "all" });
      expect(second.counts).toMatchObject({ rows_read: 3, skipped: 2, removed: 0, unchanged: 0 });
      expect((await fixture.push(second, acknowledged)).map(({ id }) => id)).toEqual(["1"]);
      await fixture.settle(second);
      await fixture.source([["1", "11", "gold"]]);
      expect(await fixture.plan("r3")).toMatchObject({
        status: "no_changes",
        counts: { removed: 0, skipped: 0 },
      });
      expect(
        await fixture.rows(
          "select run_id, contact_id, operation from retl.hubspot_contacts_sync where reason = 'suppressed' order by run_id, contact_id",
        ),
      ).toEqual([
        { run_id: "r1", contact_id: "3", operation: "skip" },
        { run_id: "r2", contact_id: "2", operation: "skip" },
        { run_id: "r2", contact_id: "3", operation: "skip" },
      ]);
    },
  );

  it("nor when it was refused and its time has come, nor with resync rejected", async () => {
    const fixture = await suppressing();
    await fixture.source(THREE);
    await fixture.run("r1", except("2", rejected));
    await fixture.warehouse.execute(
      "update retl.hubspot_contacts_sync_rejections set next_try_at = '2000-01-01'",
    );
    await fixture.list("2");
    expect(await fixture.plan("r2", { dry_run: true })).toMatchObject({ changes: 0, counts: { skipped: 1 } });
    expect(await fixture.plan("r3", { resync: "rejected" })).toMatchObject({
      status: "no_changes",
      counts: { unchanged: 2, skipped: 1 },
    });
    expect(await fixture.rows("select * from retl.hubspot_contacts_sync_rejections")).toEqual([]);
  });

  it("nor when its id stands in several rows: all of them are suppressed, and none is refused", async () => {
    const fixture = await suppressing();
    await fixture.source(THREE);
    await fixture.run("r1");
    await fixture.source([...THREE, [" 2", "1", "a"], ["3", "30", "gold"], [null, "1", "a"]]);
    await fixture.list("2");
    for (const dry_run of [true, false]) {
      expect((await fixture.plan("r2", { dry_run })).counts).toMatchObject({
        rows_read: 6,
        unchanged: 1,
        skipped: 2,
        refused: 3,
      });
    }
  });

  it("however the two tables write its id: blanks, and the case of an address", async () => {
    const fixture = await suppressing({ match_property: "email" });
    await fixture.source([
      ["Ada@Example.com", "1", "a"],
      [" bob@example.com", "2", "b"],
      ["eve@example.com", "3", "c"],
    ]);
    await fixture.list("ada@EXAMPLE.com ", "BOB@example.com", null, null, "", "bob@example.com");
    const changes = await fixture.push(await fixture.plan("r1"), acknowledged);
    expect(changes.map(({ id }) => id)).toEqual(["eve@example.com"]);
  });

  it("where the list has numbers in a column of its own name", async () => {
    const fixture = await syncFixture({ suppressions: { table: "erased", column: "person" } });
    await fixture.warehouse.execute("create table retl.erased (person integer)");
    await fixture.warehouse.execute("insert into retl.erased values (2), (2), (null)");
    await fixture.source(THREE);
    expect((await fixture.plan("r1")).counts).toMatchObject({ to_create: 2, skipped: 1 });
  });

  it("of an unchanged row that the list does not have nothing is sent, either: the counts add up", async () => {
    const fixture = await suppressing();
    await fixture.source(THREE);
    await fixture.run("r1");
    await fixture.list("2", "9");
    for (const run of ["r2", "r3"]) {
      expect(await fixture.plan(run)).toMatchObject({
        status: "no_changes",
        counts: { rows_read: 3, unchanged: 2, skipped: 1, removed: 0 },
      });
    }
  });

  it("nor is its record archived for a row that was gone before and had the same one", async () => {
    const fixture = await suppressing({ operation_mode: "mirror" });
    await fixture.source(THREE);
    await fixture.run("r1");
    await fixture.warehouse.execute(
      "update retl.hubspot_contacts_sync_state set hubspot_id = 'hubspot-2' where contact_id = '1'",
    );
    await fixture.source(THREE.slice(1));
    expect(await fixture.plan("r2")).toMatchObject({ status: "no_changes", counts: { removed: 1 } });
    await fixture.list("2");
    const dry = await fixture.plan("r3", { dry_run: true });
    expect(dry.counts).toMatchObject({ to_archive: 0, removed: 0, unchanged: 1, skipped: 1 });
    for (const run of ["r4", "r5"]) {
      expect(await fixture.plan(run)).toMatchObject({ status: "no_changes", counts: { to_archive: 0 } });
    }
    expect(Object.keys(await fixture.state())).toEqual(["3"]);
  });

  it("nor is its record for a row that leaves the source in the same run and had the same one, only for one that stays", async () => {
    const fixture = await suppressing({ operation_mode: "mirror" });
    await fixture.source(THREE);
    await fixture.run("r1");
    await fixture.warehouse.execute(
      "update retl.hubspot_contacts_sync_state set hubspot_id = 'hubspot-1' where contact_id in ('2', '3')",
    );
    await fixture.source([THREE[0], ["3", "31", "gold"]]);
    await fixture.list("1");
    const dry = await fixture.plan("r2", { dry_run: true });
    const plan = await fixture.plan("r3");
    expect(plan).toMatchObject({ plan_id: dry.plan_id, counts: { to_archive: 0, to_update: 1, removed: 0 } });
    expect((await fixture.push(plan, acknowledged)).map(({ id }) => id)).toEqual(["3"]);
    expect(Object.keys(await fixture.state())).toEqual(["3"]);
  });
});

describe("what is kept of a suppressed row", () => {
  it("goes with the plan that first has it on the list: values, record id and refusal, of every earlier run", async () => {
    const fixture = await suppressing();
    await fixture.source(THREE);
    await fixture.plan("r0", { dry_run: true });
    await fixture.run("r1");
    await fixture.source(CHANGED);
    await fixture.run("r2", except("2", rejected));
    expect((await found(fixture, "secret-tier")).length).toBeGreaterThan(3);
    await fixture.list("2");
    await fixture.plan("r3", { dry_run: true });
    expect((await found(fixture, "secret-tier")).length).toBeGreaterThan(3);
    await fixture.plan("r4");
    for (const text of ["secret-tier", "4711", "4712"]) expect(await found(fixture, text)).toEqual([]);
    expect(Object.keys(await fixture.state())).toEqual(["1", "3"]);
    expect(await fixture.rows("select * from retl.hubspot_contacts_sync_rejections")).toEqual([]);
    expect(await found(fixture, "hubspot-2")).toEqual(
      (await found(fixture, "hubspot-2")).filter((row) => row.startsWith("hubspot_contacts_sync_journal")),
    );
    // That it was planned stays, and so does everything of the other rows.
    expect(
      await fixture.rows(
        `select run_id, operation, reason from retl.hubspot_contacts_sync
         where contact_id = '2' and operation <> 'skip' order by run_id`,
      ),
    ).toEqual([
      { run_id: "r0", operation: "create", reason: "new" },
      { run_id: "r1", operation: "create", reason: "new" },
      { run_id: "r2", operation: "update", reason: "changed" },
    ]);
    const [other] = await fixture.rows(
      "select payload from retl.hubspot_contacts_sync where contact_id = '1' and run_id = 'r2'",
    );
    expect(JSON.parse(other?.payload ?? "")).toEqual({ score: "11" });
    const events = await fixture.rows("select run_id, metadata from retl.asset_events where kind = 'purged'");
    expect(events.map(({ run_id }) => run_id)).toEqual(["r4"]);
    expect(JSON.parse(events[0]?.metadata ?? "")).toMatchObject({
      state: { value: 1 },
      changes: { value: 3 },
      rejections: { value: 1 },
    });
    await fixture.plan("r5");
    expect(await fixture.rows("select run_id from retl.asset_events where kind = 'purged'")).toHaveLength(1);
  });

  it("goes also where the plan is held, and the approval of what was held stays good", async () => {
    const fixture = await suppressing({
      guards: { max_removed_fraction: 1, max_changed_fraction: 0.1, floor_rows: 0 },
    });
    await fixture.source(THREE);
    await fixture.run("r1");
    await fixture.source(CHANGED);
    await fixture.list("2");
    const { plan_id } = await fixture.plan("r2", { dry_run: true });
    await expect(fixture.plan("r3")).rejects.toMatchObject({
      code: "RETL_HELD_CHANGED_ROWS",
      details: { plan_id },
    });
    expect(await found(fixture, "secret-tier")).toEqual([]);
    expect(await fixture.run("r4", acknowledged, { approve: plan_id })).toMatchObject({
      outcomes: { acknowledged: 1 },
    });
  });

  it("R4: does not come back with what a copy of an earlier run journals late; the row that this makes goes with the next plan", async () => {
    const fixture = await suppressing();
    await fixture.source(THREE);
    const dead = await fixture.plan("r1");
    const session = new SyncSession(fixture.warehouse, fixture.sync);
    const batch = { number: 1, first_seq: 1, last_seq: 3 };
    const copy = await startAttempt(session, { runId: "r1", token: dead.token ?? "" }, batch);
    await fixture.warehouse.execute("update retl.hubspot_contacts_sync_lease set expires_at = '2000-01-01'");
    await fixture.list("2");
    const second = await fixture.plan("r2");
    expect(second.counts).toMatchObject({ skipped: 1 });
    const results = [1, 2, 3].map((seq) => ({
      seq,
      outcome: { kind: "acknowledged" as const, hubspotId: `hubspot-${seq}` },
    }));
    const call = {
      callNumber: 1,
      firstSeq: 1,
      lastSeq: 3,
      httpStatus: 200,
      sentAt: Date.now(),
      latencyMs: 1,
    };
    await copy.append([{ ...call, results }]);
    await fixture.settle(second);
    expect((await fixture.state())["2"]).toEqual({ in_doubt: true });
    expect(await found(fixture, "secret-tier")).toEqual([]);
    const third = await fixture.plan("r3", { resync: "all" });
    expect(Object.keys(await fixture.state())).toEqual(["1", "3"]);
    expect((await fixture.push(third, acknowledged)).map(({ id }) => id)).toEqual(["1", "3"]);
  });

  it("of a run that died with it goes with the plan of the next one, which settles that run first", async () => {
    const fixture = await suppressing();
    await fixture.source(THREE);
    await fixture.push(await fixture.plan("r1"), acknowledged, { ended: false });
    await fixture.warehouse.execute("update retl.hubspot_contacts_sync_lease set expires_at = '2000-01-01'");
    await fixture.list("2");
    await fixture.plan("r2");
    expect(Object.keys(await fixture.state())).toEqual(["1", "3"]);
    expect(await found(fixture, "secret-tier")).toEqual([]);
  });

  it("goes also of a row that was only planned, and never sent, and status does not take that one for put off", async () => {
    const fixture = await suppressing();
    await fixture.source(THREE);
    await fixture.run(
      "r1",
      except("2", () => null),
    );
    const session = new SyncSession(fixture.warehouse, fixture.sync);
    const putOff = async () => (await readStatus(session, [], 1)).put_off?.rows ?? 0;
    expect(await putOff()).toBe(1);
    await fixture.list("2");
    // Held, so that the run before stays the last settled one.
    await fixture.source([]);
    await expect(fixture.plan("r2")).rejects.toMatchObject({ code: "RETL_HELD_EMPTY_SOURCE" });
    expect(await found(fixture, "secret-tier")).toEqual([]);
    expect(await putOff()).toBe(0);
  });

  it("is new again as soon as the list does not have it any more", async () => {
    const fixture = await suppressing();
    await fixture.source(THREE);
    await fixture.run("r1");
    await fixture.list("2");
    await fixture.plan("r2");
    await fixture.list("somebody else");
    const changes = await fixture.push(await fixture.plan("r3"), acknowledged);
    expect(changes).toMatchObject([
      { id: "2", operation: "create", known: false, payload: { score: "4711", tier: "secret-tier" } },
    ]);
  });
});

describe("a list that cannot be read is an error before anything is planned", () => {
  const plans = async (fixture: SyncFixture) => {
    await fixture.source(THREE);
    const errors = [];
    for (const dry_run of [true, false]) {
      errors.push(
        await fixture.plan("r1", { dry_run }).then(
          () => null,
          (error: unknown) => error,
        ),
      );
    }
    expect(await fixture.rows("select * from retl.hubspot_contacts_sync")).toEqual([]);
    expect(await fixture.rows("select * from retl.retl_runs")).toEqual([]);
    return errors as { code: string; message: string }[];
  };

  it("no such table", async () => {
    for (const error of await plans(await syncFixture(LIST))) {
      expect(error.code).toBe("RETL_SOURCE_MISSING");
      expect(error.message).toContain("retl.erased_people");
    }
  });

  it("no such column", async () => {
    const fixture = await syncFixture(LIST);
    await fixture.warehouse.execute("create table retl.erased_people (person varchar)");
    for (const error of await plans(fixture)) {
      expect(error.code).toBe("RETL_SOURCE_COLUMN");
      expect(error.message).toMatch(
        /retl\.erased_people .*contact_id is not a column of the table.*person/is,
      );
    }
  });

  it("a column that cannot hold an id", async () => {
    const fixture = await syncFixture(LIST);
    await fixture.warehouse.execute("create table retl.erased_people (contact_id date)");
    for (const error of await plans(fixture)) {
      expect(error.code).toBe("RETL_SOURCE_COLUMN");
      expect(error.message).toContain("an id must be a text or a whole number");
    }
  });
});

describe("a list as it is declared", () => {
  const problems = (table: string, column?: string) =>
    syncProblems({
      ...contacts(),
      suppressions: column === undefined ? { table } : { table, column },
    });

  it.each(["people_sync", "PEOPLE_SYNC_STATE", "people_sync_associations", "retl_runs", "asset_events"])(
    "must not be Tailrace's own table: %s",
    (table) => {
      expect(problems(table)).toMatchObject([expect.stringMatching(/^suppressions\.table: .*own/)]);
    },
  );

  it("must not be the source itself, which would suppress every row", () => {
    expect(problems("People")).toMatchObject([
      expect.stringMatching(/^suppressions\.table: is current_state_tbl/),
    ]);
  });

  it("is named by plain identifiers, in table and column", () => {
    expect(problems("erased people", "id; drop").map((line) => line.split(":")[0])).toEqual([
      "suppressions.table",
      "suppressions.column",
    ]);
    expect(problems("erased_people", "person")).toEqual([]);
  });
});
