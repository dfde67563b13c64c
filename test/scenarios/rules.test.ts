import { describe, expect, it } from "vitest";
import { main as recordFailure } from "../../f/reverse_etl/record_failure.ts";
import { settlementOf } from "../../f/reverse_etl/report/settlement_report.ts";
import type { Clock } from "../../f/reverse_etl/sync/clock.ts";
import { RetlError } from "../../f/reverse_etl/sync/error.ts";
import { acquireLease, readLease } from "../../f/reverse_etl/sync/lease.ts";
import { sendPermit } from "../../f/reverse_etl/sync/send_permit.ts";
import { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import type { WarehouseSession } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { errorOf, flowWorld } from "../support/flow_world.ts";
import { WRITES } from "../support/lost_answers.ts";
import { contacts, persons } from "../support/people_sync.ts";
import { syncFixture } from "../support/sync_fixture.ts";

describe("R3: a call is sent only while the lease has more left than the call may take", () => {
  /** A permit that was given once, from whose lease the warehouse is away since, and the local clock that it goes by. */
  async function permitWhoseWarehouseIsAway() {
    const fixture = await syncFixture();
    let time = 1_000_000;
    const clock: Clock = { now: () => time, sleep: async () => undefined };
    let available = true;
    const reach = () => {
      if (available) return fixture.warehouse;
      throw new RetlError("RETL_WAREHOUSE_UNAVAILABLE", { what: "Away.", state: "", next: "" });
    };
    const session: WarehouseSession = {
      dialect: fixture.warehouse.dialect,
      query: (sql, binds) => reach().query(sql, binds),
      stream: (sql, binds) => reach().stream(sql, binds),
      execute: (sql, binds) => reach().execute(sql, binds),
    };
    const sync = new SyncSession(session, fixture.sync);
    const permit = sendPermit(sync, await acquireLease(sync, "r1"), clock);
    // However slow this machine is, the permit takes the lease for just extended.
    const { dialect } = fixture.warehouse;
    const later = dialect.addMilliseconds(dialect.now, "60000");
    await fixture.warehouse.execute(`update retl.hubspot_contacts_sync_lease set expires_at = ${later}`);
    await permit.beforeCall();
    available = false;
    const pass = (milliseconds: number) => {
      time += milliseconds;
    };
    return { permit, pass, extendMs: fixture.sync.config.timings.lease_extend_seconds * 1000 };
  }

  it("until the lease must be looked at nothing is asked", async () => {
    const { permit, pass, extendMs } = await permitWhoseWarehouseIsAway();
    pass(extendMs - 1);
    await expect(permit.beforeCall()).resolves.toBe(true);
  });

  it("once it must be and cannot, nothing is sent", async () => {
    const { permit, pass, extendMs } = await permitWhoseWarehouseIsAway();
    pass(extendMs + 1);
    await expect(permit.beforeCall()).rejects.toMatchObject({ code: "RETL_WAREHOUSE_UNAVAILABLE" });
  });

  it("a push whose lease another run took sends nothing more", async () => {
    const world = await flowWorld({
      sync: contacts({
        batch_size: 1,
        batch_sizing: { one_batch_up_to_calls: 100 },
        rate: { calls_in_flight: 1 },
      }),
      simulator: { latency: { minMs: 40, maxMs: 60 } },
    });
    await world.people(persons(30));
    const running = world.run();
    while ((await world.writeCalls()) < 2) await pause(5);
    await world.sql("update retl.people_sync_lease set holder = 'another', token = token + 1");
    const run = await running;
    expect(errorOf(run)?.name).toBe("RETL_LEASE_LOST");
    expect(await world.writeCalls()).toBeLessThan(20);
  });
});

describe("R5: after an end that leaves requests open, nothing is sent before they have certainly ended", () => {
  it("not even one that a copy may send until it must prove its lease again", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "1", "a"]]);
    const plan = await fixture.plan("r1");
    await fixture.push(plan, () => null, { ended: false });
    await fixture.settle(plan);
    const { notBeforeMs } = await readLease(new SyncSession(fixture.warehouse, fixture.sync));
    const { timings } = fixture.sync.config;
    const seconds =
      timings.lease_extend_seconds +
      timings.call_timeout_seconds +
      timings.hubspot_request_seconds +
      timings.clock_skew_seconds;
    expect(notBeforeMs).toBeGreaterThan(seconds * 1000 - 400);
    expect(notBeforeMs).toBeLessThanOrEqual(seconds * 1000);
  });
});

describe("R10: the failure step records once a run, and never gives the lease back", () => {
  // Settle records how the run came out, with its counts; what the failure step records names the step.
  const recorded =
    "select asset_key, metadata from retl.asset_events where kind = 'failed' and (metadata ->> '$.step.type') is not null";

  it("however many iterations of the loop fail, and settle after them", async () => {
    const world = await flowWorld({ sync: contacts({ batch_size: 1 }) });
    await world.people(persons(12));
    await world.fault({
      match: WRITES,
      times: "always",
      action: { reply: { status: 401, body: { category: "EXPIRED_AUTHENTICATION", message: "expired" } } },
    });
    const run = await world.run();
    expect(errorOf(run)?.name).toBe("RETL_HUBSPOT_UNAUTHORIZED");
    expect(await world.sql(recorded)).toHaveLength(1);
  });

  it("two copies at once record one failure", async () => {
    const world = await flowWorld();
    await world.people(persons(2));
    const held = await world.run();
    await world.sql("delete from retl.asset_events");
    process.env.WM_ROOT_JOB_ID = held.jobId;
    try {
      const warehouse = { kind: "duckdb", path: world.warehousePath };
      const error = { name: "RETL_BATCH_LOST", message: "", step_id: "hubspot_push__hubspot__contacts" };
      const step = () => recordFailure(warehouse, "retl", ["hubspot/contacts"], error);
      const results = await Promise.all([step(), step(), step()]);
      expect(results.map(({ error }) => error.extra.recorded).sort()).toEqual([false, false, true]);
    } finally {
      delete process.env.WM_ROOT_JOB_ID;
    }
    expect(await world.sql(recorded)).toHaveLength(1);
  });

  it("a run that failed between its plan and its push keeps the lease, and the next run settles it after the lease's end", async () => {
    const world = await flowWorld();
    await world.people(persons(3));
    const sync = contacts({
      column_mappings: [{ destination_name: "nobody_knows", snowflake_name: "note" }],
    });
    const failed = await world.run({ sync });
    expect(errorOf(failed)?.name).toBe("RETL_HUBSPOT_MAPPING");
    const [lease] = await world.sql("select holder from retl.people_sync_lease");
    expect(lease).toEqual({ holder: failed.jobId });
    expect(errorOf(await world.run())?.name).toBe("RETL_BUSY");
    const next = await world.runWhenFree();
    expect(settlementOf(next.result)).toMatchObject({ status: "succeeded", outcomes: { acknowledged: 3 } });
    const [predecessor] = await world.sql(
      `select status, deferred from retl.retl_runs where run_id = '${failed.jobId}'`,
    );
    expect(predecessor).toEqual({ status: "failed", deferred: "3" });
  });

  it("a run that could not begin is recorded, too", async () => {
    const world = await flowWorld();
    const run = await world.run({ sync: contacts({ unique_id_col: "no_such_column" }) });
    expect(run.success).toBe(false);
    expect(await world.sql(recorded)).toHaveLength(1);
  });
});

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
