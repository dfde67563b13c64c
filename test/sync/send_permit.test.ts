import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Clock } from "../../f/reverse_etl/sync/clock.ts";
import { RetlError } from "../../f/reverse_etl/sync/error.ts";
import { readLease } from "../../f/reverse_etl/sync/lease.ts";
import { sendPermit } from "../../f/reverse_etl/sync/send_permit.ts";
import { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import type { WarehouseSession } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { leased } from "../support/leased_fixture.ts";
import { manualClock } from "../support/manual_clock.ts";

const LEASE = "retl.hubspot_contacts_sync_lease";

/** A lease that was extended a moment ago, as far as the permit can see, and its clock; `before` may hold up or refuse a look at it. */
async function watched(before: (look: number) => void | Promise<void> = () => undefined) {
  const { fixture, session, lease } = await leased();
  const { warehouse } = fixture;
  const clock = manualClock();
  const looks: string[] = [];
  const extensions: string[] = [];
  const watching: WarehouseSession = {
    ...warehouse,
    async query(sql, binds) {
      looks.push(sql);
      await before(looks.length);
      return warehouse.query(sql, binds);
    },
    execute(sql, binds) {
      extensions.push(sql);
      return warehouse.execute(sql, binds);
    },
  };
  const permit = sendPermit(new SyncSession(watching, fixture.sync), lease, clock);
  const change = (set: string) => warehouse.execute(`update ${LEASE} set ${set}`);
  const endsIn = (milliseconds: number) =>
    change(`expires_at = ${warehouse.dialect.addMilliseconds(warehouse.dialect.now, `${milliseconds}`)}`);
  await endsIn(60_000);
  return {
    ...{ permit, session, clock, looks, extensions, endsIn },
    takeOver: () => change("holder = 'r2', token = token + 1"),
  };
}

/** A permit of the run `r1` that was given once. */
async function given(before?: (look: number) => void | Promise<void>) {
  const all = await watched(before);
  await all.permit.beforeCall();
  return all;
}

const AWAY = new RetlError("RETL_WAREHOUSE_UNAVAILABLE", { what: "Away.", state: "", next: "" });

/** `lease_extend_seconds` of the fixture is 0.3: before 200 ms the lease is let be, from then on looked at beside the calls, at 300 due. */
describe("R3 and R5: the permit to send", () => {
  it("is looked at, at most once every lease_extend_seconds, however many calls ask", async () => {
    const { permit, clock, looks, extensions } = await given();
    const ask = () => Promise.all(Array.from({ length: 20 }, () => permit.beforeCall()));
    await ask();
    clock.time += 199;
    await ask();
    expect(looks).toHaveLength(1);
    clock.time += 102;
    expect(await ask()).not.toContain(true);
    expect(looks).toHaveLength(2);
    expect(clock.slept).toEqual([]);
    expect(extensions).toEqual([]);
  });

  it("a lease that another batch has just extended is not written, and an older one is", async () => {
    const { permit, session, clock, endsIn, extensions } = await watched();
    // It lasts 2 s.
    await endsIn(1_950);
    await permit.beforeCall();
    expect(extensions).toEqual([]);
    await endsIn(1_650);
    clock.time += 301;
    await permit.beforeCall();
    expect(extensions).toHaveLength(1);
    expect((await readLease(session)).remainingMs).toBeGreaterThan(1_700);
  });

  it("a lease that another batch extended permits no more than it permits that batch", async () => {
    const { permit, clock, looks, endsIn, extensions } = await watched();
    // It was extended 100 ms ago, so what it permits ends in 200 ms.
    await endsIn(1_900);
    await permit.beforeCall();
    clock.time += 50;
    expect(await permit.beforeCall()).toBe(true);
    expect(looks).toHaveLength(1);
    clock.time += 151;
    expect(await permit.beforeCall()).toBe(false);
    expect(looks).toHaveLength(2);
    expect(extensions).toEqual([]);
  });

  it("calls go on while the lease is looked at, until its time is over", async () => {
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { permit, clock, looks } = await given((look) => (look === 2 ? held : undefined));
    clock.time += 200;
    expect(await permit.beforeCall()).toBe(true);
    clock.time += 99;
    expect(await permit.beforeCall()).toBe(true);
    clock.time += 1;
    const late = permit.beforeCall();
    await expect(Promise.race([late, Promise.resolve("waits")])).resolves.toBe("waits");
    answer();
    expect(await late).toBe(false);
    expect(looks).toHaveLength(2);
  });

  it("calls that go on meanwhile stop as soon as the lease turns out to be another run's", async () => {
    const { permit, clock, takeOver } = await given();
    await takeOver();
    clock.time += 200;
    expect(await permit.beforeCall()).toBe(true);
    await expect
      .poll(() => permit.beforeCall().then(String, (error: RetlError) => error.code), { timeout: 20_000 })
      .toBe("RETL_LEASE_LOST");
  });

  it("a warehouse that is away for a moment is asked again once the time is over, and only then", async () => {
    const { permit, clock, looks } = await given((look) => (look === 2 ? Promise.reject(AWAY) : undefined));
    clock.time += 200;
    await permit.beforeCall();
    await setImmediate();
    clock.time += 99;
    expect(await permit.beforeCall()).toBe(true);
    expect(looks).toHaveLength(2);
    clock.time += 1;
    expect(await permit.beforeCall()).toBe(false);
    expect(looks).toHaveLength(3);
  });

  it("calls that wait for a look beside them that fails begin one of their own", async () => {
    let fail: () => void = () => undefined;
    const held = new Promise<void>((_, reject) => {
      fail = () => reject(AWAY);
    });
    const { permit, clock, looks } = await given((look) => (look === 2 ? held : undefined));
    clock.time += 200;
    await permit.beforeCall();
    clock.time += 100;
    const waiting = Promise.all([permit.beforeCall(), permit.beforeCall()]);
    fail();
    expect(await waiting).toEqual([false, false]);
    expect(looks).toHaveLength(3);
  });

  it("is not given where the lease has less left than a call may take until it has ended at HubSpot", async () => {
    const looked: number[] = [];
    const { permit, session, endsIn, extensions } = await watched((look) => {
      looked.push(look);
      // The second look is the one after the lease was extended; a call's timeout, HubSpot's own time and the clock skew are 500 ms together.
      if (look === 2) return endsIn(450).then(() => undefined);
    });
    await endsIn(450);
    expect(await permit.beforeCall()).toBe(false);
    expect(extensions).toHaveLength(2);
    expect(looked).toEqual([1, 2, 3, 4]);
    expect((await readLease(session)).remainingMs).toBeGreaterThan(1_000);
  });

  it("is refused as soon as another run holds the lease", async () => {
    const { permit, clock, takeOver } = await given();
    await takeOver();
    clock.time += 1_000;
    await expect(permit.beforeCall()).rejects.toMatchObject({ code: "RETL_LEASE_LOST" });
  });

  it("is given to nobody before requests of a run that died have ended at HubSpot", async () => {
    const { fixture, session, lease } = await leased();
    const { dialect } = fixture.warehouse;
    await fixture.warehouse.execute(
      `update ${LEASE} set not_before = ${dialect.addMilliseconds(dialect.now, "40000")}`,
    );
    const clock = manualClock();
    let asleep: () => void = () => undefined;
    let awake: () => void = () => undefined;
    const sleeping = new Promise<void>((resolve) => {
      asleep = resolve;
    });
    const waiting: Clock = {
      now: clock.now,
      sleep: (milliseconds) => {
        clock.slept.push(milliseconds);
        asleep();
        return new Promise((resolve) => {
          awake = () => {
            clock.time += milliseconds;
            resolve();
          };
        });
      },
    };
    const lines: string[] = [];
    const permit = sendPermit(session, lease, waiting, { waits: (line) => lines.push(line) });
    const given: string[] = [];
    const ask = (who: string) => permit.beforeCall().then((atOnce) => given.push(`${who} ${atOnce}`));
    const first = ask("first");
    await sleeping;
    const second = ask("second");
    await setImmediate();
    expect(given).toEqual([]);
    expect(lines).toEqual([
      expect.stringMatching(
        /^hubspot\/contacts: nothing is sent before 1970-01-01T00:17:\d\d\.\d{3}Z \((39|40) s\), because requests that got no answer may/,
      ),
    ]);
    awake();
    await Promise.all([first, second]);
    expect(given).toEqual(["first false", "second false"]);
    expect(clock.slept).toHaveLength(1);
    expect(clock.slept[0]).toBeGreaterThan(38_000);
    expect(lines).toHaveLength(1);
  });
});
