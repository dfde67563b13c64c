import { describe, expect, it } from "vitest";
import { capturedOutput } from "../../support/captured_output.ts";
import { WRITES } from "../../support/lost_answers.ts";
import { contacts, persons } from "../../support/people_sync.ts";
import { cliWorld } from "./cli_world.ts";

const SYNC = "hubspot/contacts";

interface RunDocument {
  readonly success: boolean;
  readonly run_id: string;
  readonly syncs: readonly { readonly status: string; readonly plan_id: string }[];
  readonly error?: { readonly code: string; readonly message: string };
}

interface StatusDocument {
  readonly syncs: readonly {
    readonly verdict: string;
    readonly why: string | null;
    readonly runs: readonly { state: string }[];
  }[];
}

interface RowsDocument {
  readonly rows: readonly { readonly history: readonly { readonly run_status: string }[] }[];
}

const GUARDED = contacts({ guards: { max_removed_fraction: 0.1, max_changed_fraction: 0.1, floor_rows: 0 } });

describe("run", () => {
  it("runs the compiled flow, tells its steps on stderr and its counts on stdout, and ends with 0", async () => {
    const world = await cliWorld();
    await world.people(persons(7));
    const { code, out, err } = await world.cli("run", "people");
    expect({ code, err }).toMatchObject({
      code: 0,
      err: expect.stringContaining("Find what changed (hubspot/contacts)"),
    });
    expect(out).toMatch(/people {2}succeeded in/);
    expect(out).toMatch(/hubspot\/contacts +succeeded +7 /);
    expect((await world.records()).length).toBe(7);
    const json = await world.cli("run", "people", "--json");
    expect(json.out.trim().split("\n")).toHaveLength(1);
    expect(JSON.parse(json.out)).toMatchObject({
      job: "people",
      success: true,
      syncs: [{ sync: SYNC, status: "succeeded" }],
    });
  });

  it("says why rows were not sent, and so does status, until a run has sent them", async () => {
    const world = await cliWorld();
    await world.people(persons(4));
    const reply = { status: 477, headers: { "retry-after": "3600" } };
    await world.fault({ match: WRITES, times: "always", action: { reply } });
    const { code, out } = await world.cli("run", "people");
    expect(code).toBe(0);
    expect(out).toContain("4 rows of hubspot/contacts were not sent (MIGRATION); the next run sends them");
    const status = async () => (await world.json<StatusDocument>("status", SYNC)).syncs[0];
    expect(await status()).toMatchObject({
      verdict: "incomplete",
      why: "the next run goes on with what is left (MIGRATION)",
    });
    const standing = async () => (await world.cli("status", SYNC)).out;
    expect(await standing()).toMatch(/0 rejected · 4 not sent yet, the longest for \d/);
    // What has waited for three days is still waiting, and one row is new.
    await world.sql("update retl.people_sync set detected_at = detected_at - interval 3 day");
    await world.people(persons(5));
    await world.cli("run", "people");
    expect(await standing()).toContain("5 not sent yet, the longest for 3 d");
    // What HubSpot refused, or may have taken, does not wait to be sent.
    await world.sql(
      `insert into retl.people_sync_rejections (person_id, code, message, row_hash, attempts, first_at, last_at)
       select person_id, 'NO', 'no', row_hash, 1, now(), now() from retl.people_sync where person_id = 'p0' limit 1`,
    );
    await world.sql(
      "insert into retl.people_sync_state (person_id, in_doubt, run_id) values ('p1', true, 'another')",
    );
    expect(await standing()).toContain("3 not sent yet");
    await world.sql("delete from retl.people_sync_rejections");
    await world.clearFaults();
    expect((await world.cli("run", "people")).out).not.toContain("not sent");
    expect(await standing()).not.toContain("not sent yet");
    expect(await status()).toMatchObject({ verdict: "ok" });
  });

  it("that is dry sends nothing and names the command that shows its plan", async () => {
    const world = await cliWorld();
    await world.people(persons(3));
    const { code, out } = await world.cli("run", "people", "--dry-run", "--resync", "all");
    expect(code).toBe(0);
    expect(out).toMatch(/nothing was sent; what plan_\w+ would send: npx tailrace plan \S+ --resync all/);
    expect(await world.writeCalls()).toBe(0);
  });

  it("ends with 3 when a guard holds it, names the command that lets the plan through, and that command does", async () => {
    const world = await cliWorld({ sync: GUARDED });
    await world.people(persons(10));
    await world.cli("run", "people");
    await world.people(persons(10, () => ({ score: 77 })));
    const held = await world.cli("run", "people", "--json");
    const { error, syncs } = JSON.parse(held.out) as RunDocument;
    expect({ code: held.code, error: error?.code }).toEqual({ code: 3, error: "RETL_HELD_CHANGED_ROWS" });
    const plan = syncs[0]?.plan_id ?? "";
    expect(error?.message).toContain(`npx tailrace run people --select ${SYNC} --approve ${plan}`);
    const status = await world.cli("status");
    expect(status.code).toBe(1);
    expect(status.out).toMatch(/hubspot\/contacts {2}held/);
    expect(status.out).toContain(`--approve ${plan}`);

    const approved = await world.cli("run", "people", "--select", SYNC, "--approve", plan);
    expect(approved).toMatchObject({ code: 0 });
    expect((await world.held()).p3?.score).toBe("77");
    expect((await world.cli("status")).code).toBe(0);
  });

  it("ends with 4 while another run holds the sync", async () => {
    const world = await cliWorld();
    await world.people(persons(3));
    await world.sql(
      "update retl.people_sync_lease set holder = 'other', expires_at = now() + interval 1 hour",
    );
    const { code, out } = await world.cli("run", "people");
    expect(code).toBe(4);
    expect(out).toContain("RETL_BUSY");
    const status = await world.cli("status");
    expect(status.out).toContain("held by the run other");
  });

  it("says on stderr until when nothing is sent and why, and ends well", async () => {
    const world = await cliWorld();
    await world.people(persons(3));
    await world.sql(
      "update retl.people_sync_lease set not_before = cast(now() at time zone 'UTC' as timestamp) + interval 5 seconds",
    );
    let result = { code: -1, out: "" };
    const written = await capturedOutput(async () => {
      result = await world.cli("run", "people", "--json");
    });
    expect(written.join("")).toMatch(
      /^hubspot\/contacts: nothing is sent before \S+Z \(\d s\), because .*\n$/,
    );
    expect(result.code).toBe(0);
    expect(JSON.parse(result.out)).toMatchObject({ success: true });
  });

  it("says of a run that did not settle what status and rows say", async () => {
    const world = await cliWorld();
    await world.people(persons(1));
    await world.sql("alter table retl.people_sync_fold rename to fold_away");
    const { syncs } = JSON.parse((await world.cli("run", "people", "--json")).out) as RunDocument;
    await world.sql("alter table retl.fold_away rename to people_sync_fold");
    const status = await world.json<StatusDocument>("status", SYNC);
    const { rows } = await world.json<RowsDocument>("rows", SYNC, "p0");
    expect([syncs[0]?.status, status.syncs[0]?.runs[0]?.state, rows[0]?.history[0]?.run_status]).toEqual([
      "failed",
      "failed",
      "failed",
    ]);
    await world.sql("update retl.retl_runs set failure_recorded_at = null");
    await world.sql("update retl.people_sync_lease set expires_at = '2000-01-01'");
    const died = await world.json<RowsDocument>("rows", SYNC, "p0");
    expect(died.rows[0]?.history[0]?.run_status).toBe("died");
  });

  it("sends nothing outside production and says why", async () => {
    const world = await cliWorld({ pushes: false });
    await world.people(persons(3));
    const { code, out } = await world.cli("run", "people");
    expect({ code, records: await world.records() }).toEqual({ code: 0, records: [] });
    expect(out).toContain("f/reverse_etl/environment is staging, and only prod pushes");
  });

  it("refuses a selection and a job that do not exist before anything runs", async () => {
    const world = await cliWorld();
    const selection = await world.cli("run", "people", "--select", "hubspot/contact");
    expect(selection).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining('Nearest: "hubspot/contacts"'),
    });
    expect(await world.cli("run", "peple")).toMatchObject({
      code: 2,
      err: expect.stringContaining("CLI_UNKNOWN_JOB"),
    });
    expect(await world.sql("select * from retl.asset_events")).toEqual([]);
  });
});

describe("status", () => {
  it("shows last runs, rows in doubt and rejected, and when it last succeeded", async () => {
    const world = await cliWorld();
    expect((await world.cli("status", SYNC)).out).toMatch(/never run[\s\S]*never succeeded/);
    await world.people(persons(5, (index) => (index === 1 ? { tier: "iron" } : {})));
    await world.run();
    await world.sql("update retl.people_sync_state set in_doubt = true where person_id = 'p2'");
    const { code, out } = await world.cli("status");
    expect(code).toBe(0);
    expect(out).toContain("4 rows in HubSpot · 1 in doubt · 1 rejected · no run holds it");
    expect(out).toMatch(/INVALID_OPTION +tier +1/);
    await world.sql("update retl.people_sync_state set resync_requested_at = now() where person_id <= 'p2'");
    expect((await world.cli("status")).out).toContain("1 in doubt · 2 to resync · 1 rejected");
  });

  it("ends with 1 when the last run failed, also before the sync had begun", async () => {
    const world = await cliWorld();
    await world.people(persons(5));
    await world.run();
    await world.sql("alter table retl.people rename to people_away");
    const failed = await world.cli("run", "people", "--json");
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.out)).toMatchObject({
      success: false,
      error: { code: "RETL_SOURCE_MISSING" },
      step_errors: [expect.stringMatching(/^diff_insert: RETL_SOURCE_MISSING: /)],
    });
    const status = await world.cli("status", "--json");
    const { syncs } = JSON.parse(status.out) as StatusDocument;
    expect({ code: status.code, verdict: syncs[0]?.verdict }).toEqual({ code: 1, verdict: "failed" });
    expect(syncs[0]?.why).toContain("RETL_SOURCE_MISSING");
    await world.sql("alter table retl.people_away rename to people");
    await world.run();
    expect((await world.cli("status")).code).toBe(0);
  });

  it("stays as it was after an approval of a plan that is not there, also where a run had failed", async () => {
    const world = await cliWorld();
    await world.people(persons(5));
    await world.run();
    expect((await world.cli("run", "people", "--select", SYNC, "--approve", "plan_0")).code).toBe(1);
    await world.cli("run", "people", "--dry-run");
    expect(await world.cli("status", "--runs", "1")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/hubspot\/contacts {2}ok/),
    });
    await world.sql("alter table retl.people rename to people_away");
    await world.run();
    await world.sql("alter table retl.people_away rename to people");
    expect((await world.cli("run", "people", "--select", SYNC, "--approve", "plan_0")).code).toBe(1);
    expect(await world.cli("status")).toMatchObject({
      code: 1,
      out: expect.stringContaining("failed: RETL_SOURCE_MISSING"),
    });
  });

  it("takes a run that holds no lease and was never settled for one whose process ended", async () => {
    const world = await cliWorld();
    await world.people(persons(5));
    await world.run();
    await world.sql("update retl.retl_runs set status = 'running', settled_at = null, finished_at = null");
    const { code, out } = await world.cli("status");
    expect(code).toBe(1);
    expect(out).toContain("its process ended; the next run settles what it left");
  });
});

describe("migrate", () => {
  it("is named by every command that finds no tables, and makes them", async () => {
    const world = await cliWorld();
    await world.sql("drop table retl.people_sync_lease");
    await world.sql("drop table retl.people_sync_rejections");
    for (const args of [["status"], ["errors", SYNC], ["rows", SYNC, "p1"], ["run", "people"]]) {
      const { code, out, err } = await world.cli(...args);
      expect(out + err).toContain("RETL_NOT_MIGRATED");
      expect(out + err).toContain("npx tailrace migrate people");
      expect(code).toBe(1);
    }
    expect(await world.cli("migrate", "people")).toMatchObject({ code: 0 });
    expect(await world.cli("errors", SYNC)).toMatchObject({ code: 0 });
  });

  it("is named where the tables are older than the code", async () => {
    const world = await cliWorld();
    await world.sql("alter table retl.retl_runs drop column to_archive");
    expect((await world.cli("status")).out).toContain("npx tailrace migrate people");
    await world.cli("migrate", "people");
    expect((await world.cli("status")).code).toBe(0);
  });
});
