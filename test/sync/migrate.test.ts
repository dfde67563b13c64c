import { describe, expect, it } from "vitest";
import { acquireLease, readLease } from "../../f/reverse_etl/sync/lease.ts";
import { migrate } from "../../f/reverse_etl/sync/migrate.ts";
import { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import { acknowledged, syncFixture } from "../support/sync_fixture.ts";

const LEASE = "retl.hubspot_contacts_sync_lease";

describe("migrate", () => {
  it("a second time changes nothing", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "1", "a"]]);
    await fixture.run("r1");
    await migrate(fixture.warehouse, fixture.sync);
    expect(await fixture.plan("r2")).toMatchObject({ status: "no_changes", counts: { unchanged: 1 } });
  });

  it("a lease table that has lost its row gets one again, and one that is held stays held", async () => {
    const fixture = await syncFixture();
    await fixture.warehouse.execute(`delete from ${LEASE}`);
    await migrate(fixture.warehouse, fixture.sync);
    const session = new SyncSession(fixture.warehouse, fixture.sync);
    await acquireLease(session, "r1");
    await migrate(fixture.warehouse, fixture.sync);
    expect(await readLease(session)).toMatchObject({ holder: "r1", token: "1" });
  });

  it("gives the table of changes the column that names the property of a refused row", async () => {
    const fixture = await syncFixture();
    await fixture.warehouse.execute("alter table retl.hubspot_contacts_sync drop column property");
    await migrate(fixture.warehouse, fixture.sync);
    await fixture.source([["1", "1", "a\u0001"]]);
    expect((await fixture.plan("r1")).counts).toMatchObject({ refused: 1 });
  });

  it("brings tables of the layout before removed rows could be archived up to date, and keeps what they hold", async () => {
    const fixture = await syncFixture({ operation_mode: "mirror" });
    await fixture.source([
      ["1", "1", "a"],
      ["2", "2", "b"],
    ]);
    await fixture.run("r1");
    await fixture.warehouse.execute("drop table retl.hubspot_contacts_sync_fold");
    for (const column of ["to_archive", "to_clear"]) {
      await fixture.warehouse.execute(`alter table retl.retl_runs drop column ${column}`);
    }
    await migrate(fixture.warehouse, fixture.sync);
    await fixture.source([["1", "1", "a"]]);
    expect(await fixture.run("r2", acknowledged)).toMatchObject({ outcomes: { acknowledged: 1 } });
    expect(
      await fixture.rows("select run_id, to_create, to_archive from retl.retl_runs order by run_id"),
    ).toEqual([
      { run_id: "r1", to_create: "2", to_archive: null },
      { run_id: "r2", to_create: "0", to_archive: "1" },
    ]);
  });

  it("brings a state of the layout before resyncs were asked for up to date, and leaves it in sync", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "1", "a"]]);
    await fixture.run("r1");
    await fixture.warehouse.execute(
      "alter table retl.hubspot_contacts_sync_state drop column resync_requested_at",
    );
    await migrate(fixture.warehouse, fixture.sync);
    expect(await fixture.plan("r2")).toMatchObject({ status: "no_changes", counts: { unchanged: 1 } });
    expect(await fixture.run("r3", acknowledged, { resync: "all" })).toMatchObject({
      outcomes: { acknowledged: 1 },
    });
  });
});
