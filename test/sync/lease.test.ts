import { describe, expect, it } from "vitest";
import { acquireLease, proveLease, releaseLease } from "../../f/reverse_etl/sync/lease.ts";
import { planChanges } from "../../f/reverse_etl/sync/plan.ts";
import { recordRunFailure } from "../../f/reverse_etl/sync/run_failure.ts";
import { parseRunParams } from "../../f/reverse_etl/sync/run_params.ts";
import { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import type { Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { leased } from "../support/leased_fixture.ts";
import { manualClock } from "../support/manual_clock.ts";
import { type SyncFixture, syncFixture } from "../support/sync_fixture.ts";

const LEASE = "retl.hubspot_contacts_sync_lease";

describe("R1: the lease", () => {
  it("the same run keeps its token, another one that takes over gets a higher one", async () => {
    const { fixture, session, lease } = await leased();
    expect((await acquireLease(session, "r1")).token).toBe(lease.token);
    await fixture.warehouse.execute(`update ${LEASE} set expires_at = '2000-01-01'`);
    const taken = await acquireLease(session, "r2");
    expect(Number(taken.token)).toBe(Number(lease.token) + 1);
    await expect(proveLease(session, lease)).rejects.toMatchObject({ code: "RETL_LEASE_LOST" });
  });

  it("busy names the holder and how long its lease lasts", async () => {
    const { session } = await leased();
    const error: unknown = await acquireLease(session, "r2").catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "RETL_BUSY", details: { holder: "r1" } });
    expect(String(error)).toMatch(
      /^RETL_BUSY: hubspot\/contacts is being synced by the run r1, whose lease ends in \d s/,
    );
  });

  it("busy tells a run that goes on from one that has failed and did not settle", async () => {
    const fixture = await syncFixture();
    await fixture.source([["c1", "1", "gold"]]);
    await fixture.plan("r1");
    const session = new SyncSession(fixture.warehouse, fixture.sync);
    const busy = () => acquireLease(session, "r2").catch((caught: unknown) => String(caught));
    expect(await busy()).toMatch(
      /^RETL_BUSY: hubspot\/contacts is being synced by the run r1, whose lease .* It began at \d{4}-\d\d-\d\dT/,
    );
    const failure = { run_id: "r1", asset_key: "hubspot/contacts", code: "RETL_BATCH_LOST", step: "settle" };
    await recordRunFailure(fixture.warehouse, "retl", failure);
    expect(await busy()).toMatch(
      /^RETL_BUSY: hubspot\/contacts is kept by the run r1, which began at \S+, has failed \(RETL_BATCH_LOST\) and did not settle; its lease ends in \d s/,
    );
    await expect(acquireLease(session, "r2")).rejects.toMatchObject({ details: { holder_state: "failed" } });
  });

  it("a lease that was given back is free at once", async () => {
    const { session, lease } = await leased();
    await releaseLease(session, lease);
    await expect(acquireLease(session, "r2")).resolves.toMatchObject({ runId: "r2" });
  });

  it("a sync whose tables were never made says which step makes them", async () => {
    const { fixture, session } = await leased();
    await fixture.warehouse.execute(`delete from ${LEASE}`);
    await expect(acquireLease(session, "r1")).rejects.toMatchObject({ code: "RETL_NOT_MIGRATED" });
  });
});

describe("R1: a plan and its lease", () => {
  /** Plans one new row while the clock stands still or, once the plan is stored, jumps by `milliseconds`; `then` runs right after that. */
  async function planTaking(milliseconds: number, then?: (fixture: SyncFixture) => Promise<unknown>) {
    const fixture = await syncFixture();
    await fixture.source([["c1", "1", "gold"]]);
    const clock = manualClock();
    const outside: string[] = [];
    const warehouse: Warehouse = {
      ...fixture.warehouse,
      execute(sql, binds) {
        outside.push(sql);
        return fixture.warehouse.execute(sql, binds);
      },
      async transaction(work) {
        const result = await fixture.warehouse.transaction(work);
        clock.time += milliseconds;
        await then?.(fixture);
        return result;
      },
    };
    const plan = await planChanges(warehouse, fixture.sync, "r1", parseRunParams({}), clock);
    return { plan, extended: outside.filter((sql) => sql.includes("set expires_at")).length };
  }

  it("a quick plan leaves the pushes nearly the whole lease, a long one extends it first", async () => {
    const quick = await planTaking(299);
    const long = await planTaking(301);
    expect([quick.plan.status, long.plan.status]).toEqual(["planned", "planned"]);
    expect([quick.extended, long.extended]).toEqual([0, 1]);
  });

  it("a long plan whose lease another run took over ends as lost", async () => {
    const planned = planTaking(301, ({ warehouse }) =>
      warehouse.execute(`update ${LEASE} set holder = 'r2', token = token + 1`),
    );
    await expect(planned).rejects.toMatchObject({ code: "RETL_LEASE_LOST" });
  });
});
