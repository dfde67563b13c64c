import { describe, expect, it } from "vitest";
import { contacts, persons } from "../../support/people_sync.ts";
import { cliWorld } from "./cli_world.ts";

const SYNC = "hubspot/contacts";

interface PlanDocument {
  readonly note: string | null;
  readonly plans: readonly {
    readonly sync: string;
    readonly approve: string;
    readonly plan: { readonly plan_id: string; readonly changes: number };
    readonly sample: readonly Readonly<Record<string, unknown>>[];
  }[];
}

describe("plan", () => {
  it("shows counts, a sample and the time it takes, sends nothing, and names the command that applies exactly it", async () => {
    const world = await cliWorld();
    await world.people(persons(4));
    await world.run();
    const calls = await world.writeCalls();
    await world.people(persons(4, (index) => (index === 1 ? { tier: "silver" } : {})));
    const { code, out } = await world.cli("plan", SYNC);
    expect(code).toBe(0);
    expect(out).toMatch(/hubspot\/contacts {2}1 change {2}plan_[0-9a-f]+, nothing was sent/);
    expect(out).toContain("1 call, less than a second at the present limits");
    expect(out).toMatch(/p1 +update +tier /);
    expect(out).not.toMatch(/silver|gold/);
    expect(await world.writeCalls()).toBe(calls);

    const shown = await world.cli("plan", SYNC, "--show-values");
    expect(shown.out).toMatch(/p1 +update +tier +gold +silver +changed/);
    const { plans } = await world.json<PlanDocument>("plan", SYNC);
    const [, approve = ""] = /^npx tailrace (.*)$/.exec(plans[0]?.approve ?? "") ?? [];
    expect(await world.cli(...approve.split(" "))).toMatchObject({ code: 0 });
    expect((await world.held()).p1?.tier).toBe("silver");
  });

  it("of a name that nothing has names the nearest sync or job", async () => {
    const world = await cliWorld();
    expect(await world.cli("plan", "hubspot/contact")).toMatchObject({
      code: 2,
      err: expect.stringContaining('There is no sync or job "hubspot/contact". Nearest: "hubspot/contacts"'),
    });
    expect((await world.cli("plan", "nothing like that")).err).toMatch(/There is: hubspot\/contacts, people/);
  });

  it("that could not look at HubSpot ends with 1, says so, and tells no time", async () => {
    const world = await cliWorld();
    await world.people(persons(4));
    await world.fault({ match: { path: "/crm/" }, times: "always", action: { reply: { status: 503 } } });
    const { code, out } = await world.cli("plan", SYNC);
    expect(code).toBe(1);
    expect(out).toContain("1 call; how long they take is not known");
    expect(out).toContain("could not be looked at: the mapping (RETL_HUBSPOT_UNREACHABLE)");
    expect(out).not.toContain("present limits");
  });

  it("says which rows it refuses and why", async () => {
    const world = await cliWorld();
    await world.people(persons(4, (index) => (index < 2 ? { note: "a\u0000b" } : {})));
    const { code, out } = await world.cli("plan", SYNC);
    expect(code).toBe(0);
    expect(out).toContain("2 rows refused: CONTROL_CHARACTER note");
  });

  it("of a resync names a command that makes the same plan again", async () => {
    const world = await cliWorld();
    await world.people(persons(3));
    await world.run();
    const { plans } = await world.json<PlanDocument>("plan", SYNC, "--resync", "all");
    expect(plans[0]?.approve).toContain("--resync all");
    const { out } = await world.cli("plan", SYNC, "--resync", "all");
    expect(out).toMatch(/\d+ values of the sample HubSpot has already, as sent/);
    expect(out).not.toContain("as it is");
    const [, approve = ""] = /^npx tailrace (.*)$/.exec(plans[0]?.approve ?? "") ?? [];
    expect(await world.cli(...approve.split(" "))).toMatchObject({ code: 0 });
  });

  it("ends with 3 when a guard would hold the run", async () => {
    const guards = { max_removed_fraction: 0.1, max_changed_fraction: 0.1, floor_rows: 0 };
    const world = await cliWorld({ sync: contacts({ guards }) });
    await world.people(persons(10));
    await world.run();
    await world.people(persons(10, () => ({ score: 5 })));
    const { code, out } = await world.cli("plan", "people");
    expect(code).toBe(3);
    expect(out).toContain("would be held: RETL_HELD_CHANGED_ROWS");
  });

  it("shows what production would send from a place where nothing may be pushed, and says so", async () => {
    const world = await cliWorld({ pushes: false });
    await world.people(persons(2));
    const { note, plans } = await world.json<PlanDocument>("plan", SYNC);
    expect(plans).toMatchObject([{ sync: SYNC, plan: { changes: 2 } }]);
    expect(note).toContain("f/reverse_etl/environment is staging");
    expect(await world.records()).toEqual([]);
  });
});

describe("preflight", () => {
  it("looks only at the options of rows that may be sent, not at those of suppressed ones", async () => {
    const world = await cliWorld({ sync: contacts({ suppressions: { table: "erased" } }) });
    await world.people([...persons(2), { id: "p2", tier: "iron" }, { id: null, tier: "wood" }]);
    await world.sql("create table retl.erased (person_id varchar)");
    await world.sql("insert into retl.erased values ('p2 ')");
    const { out } = await world.cli("preflight", SYNC);
    expect(out).toContain("wood");
    expect(out).not.toContain("iron");
  });

  it("ends with 0 when HubSpot can take the mapping, and with 1 and every problem with its fix when it cannot", async () => {
    const good = await cliWorld();
    await good.people(persons(2));
    expect(await good.cli("preflight", SYNC)).toMatchObject({
      code: 0,
      out: expect.stringContaining("HubSpot can take it"),
    });

    const mappings = [
      { destination_name: "scor", snowflake_name: "score" },
      { destination_name: "tier", snowflake_name: "tier" },
    ];
    const world = await cliWorld({ sync: contacts({ column_mappings: mappings }) });
    await world.people(persons(3, (index) => (index === 0 ? { tier: "iron" } : {})));
    const { code, out } = await world.cli("preflight", SYNC);
    expect(code).toBe(1);
    expect(out).toMatch(/scor +PROPERTY_MISSING .*Map to score/);
    expect(out).toMatch(/tier +OPTION_MISSING /);
    const plan = await world.cli("plan", SYNC);
    expect(plan.code).toBe(1);
    expect(plan.out).toMatch(/HubSpot would refuse every row: scor PROPERTY_MISSING/);
    expect(plan.out).not.toContain("--approve");
    expect(await world.writeCalls()).toBe(0);
  });
});
