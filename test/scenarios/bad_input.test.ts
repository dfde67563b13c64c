import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { type SyncInput, syncProblems } from "../../f/reverse_etl/sync/sync_config.ts";
import { errorOf, type FlowWorld, flowWorld, type RunOptions, TOKEN } from "../support/flow_world.ts";
import { differences, silentDifferences, unbalancedRuns } from "../support/oracle.ts";
import { contacts, FAULT_TIMINGS, persons } from "../support/people_sync.ts";

const TABLES = ["people_sync_state", "people_sync_rejections", "people_sync_journal"];
const GUARDS = { max_removed_fraction: 0.2, max_changed_fraction: 0.5, floor_rows: 2 };

/** A world with ten synced rows. */
async function synced({ onTestFinished }: Pick<TestContext, "onTestFinished">, keepOpen = true) {
  const sync = contacts({ timings: FAULT_TIMINGS, guards: GUARDS });
  const world = await flowWorld({ sync, keepOpen }, onTestFinished);
  await world.people(persons(10));
  await world.run();
  return world;
}

async function contents(world: FlowWorld) {
  const tables = await Promise.all(
    TABLES.map((table) => world.sql(`select * from retl.${table} order by all`)),
  );
  return { tables, records: await world.records(), writeCalls: await world.writeCalls() };
}

/** One run that must fail with `code` and leave tables and HubSpot as they were; then a good one, which must go on. */
async function expectFailure(world: FlowWorld, code: string, message: RegExp, options: RunOptions) {
  const before = await contents(world);
  const run = await world.run(options);
  expect(run.success).toBe(false);
  expect(errorOf(run)?.name).toBe(code);
  expect(errorOf(run)?.message).toMatch(message);
  expect(await contents(world)).toEqual(before);
  const recorded = await world.sql(
    `select asset_key, metadata from retl.asset_events where kind = 'failed' and run_id = '${run.jobId}'`,
  );
  expect(recorded).toHaveLength(1);
  expect(recorded[0]?.metadata).toContain(code);
}

async function expectGoodRun(world: FlowWorld) {
  const rows = persons(11, (index) => ({ score: index === 3 ? 33 : index }));
  await world.people(rows);
  const run = await world.runWhenFree();
  expect(errorOf(run)).toBeNull();
  expect(await differences(world)).toEqual([]);
  expect(await silentDifferences(world)).toEqual([]);
  expect(await unbalancedRuns(world)).toEqual([]);
}

const scoreOnly = [{ destination_name: "score", snowflake_name: "score" }];
const changed = persons(10, (index) => (index < 3 ? { score: 70 + index } : {}));

describe.concurrent("the mapping does not fit", () => {
  const column = (destination_name: string, snowflake_name: string, rest: object = {}) =>
    contacts({
      timings: FAULT_TIMINGS,
      column_mappings: [...contacts().column_mappings, { destination_name, snowflake_name, ...rest }],
    });

  it.for<readonly [string, SyncInput, string, RegExp]>([
    [
      "a column that the table does not have",
      column("firstname", "first_nam"),
      "RETL_SOURCE_COLUMN",
      /first_nam \(for firstname\)/,
    ],
    [
      "a column of another type than the mapping says",
      column("firstname", "stage", { type: "number" }),
      "RETL_SOURCE_COLUMN",
      /stage is VARCHAR.*says number/,
    ],
    [
      "a property that HubSpot does not have",
      column("scor", "stage"),
      "RETL_HUBSPOT_MAPPING",
      /scor: HubSpot has no property.*Map to score/,
    ],
    [
      "a text for a number",
      {
        ...column("firstname", "stage"),
        column_mappings: [{ destination_name: "score", snowflake_name: "note" }],
      },
      "RETL_HUBSPOT_MAPPING",
      /score: its type number does not take text/,
    ],
    [
      "a property that nobody may write",
      column("createdate", "stage"),
      "RETL_HUBSPOT_MAPPING",
      /createdate: its value is read-only/,
    ],
    [
      "a key that is another than the tables were made for",
      contacts({ match_property: "note_key", timings: FAULT_TIMINGS }),
      "RETL_SYNC_CHANGED",
      /were made for hubspot\/contacts .*person_number.*asked for by .*note_key/,
    ],
    [
      "a source table that does not exist",
      contacts({ current_state_tbl: "nobody" }),
      "RETL_SOURCE_MISSING",
      /retl\.nobody/,
    ],
  ])(
    "%s is an error that names it, nothing is written, and the next good run goes on",
    async ([_name, sync, code, message], context) => {
      const world = await synced(context);
      await world.people(changed);
      await expectFailure(world, code, message, { sync });
      await expectGoodRun(world);
    },
  );

  it("a key that HubSpot does not keep unique is an error that names it, and nothing reaches HubSpot", async ({
    onTestFinished,
  }) => {
    const sync = contacts({ match_property: "note", timings: FAULT_TIMINGS, column_mappings: scoreOnly });
    const world = await flowWorld({ sync }, onTestFinished);
    await world.people(persons(3));
    const run = await world.run();
    expect(errorOf(run)?.name).toBe("RETL_HUBSPOT_MAPPING");
    expect(errorOf(run)?.message).toMatch(
      /note: rows are matched by it, but HubSpot does not keep its values unique/,
    );
    expect(await world.writeCalls()).toBe(0);
  });

  it("every problem of a sync's configuration is told at once, with its path", () => {
    const problems = syncProblems({
      ...contacts(),
      batch_size: 500,
      operation_mode: "sometimes",
      object_type: "Contacts!",
      column_mappings: [{ destination_name: "Score", snowflake_name: "1st" }],
      timings: { lease_seconds: 1 },
      unknown_option: true,
    });
    expect(problems.map((line) => line.split(":")[0]).sort()).toEqual([
      "batch_size",
      "column_mappings.0.destination_name",
      "column_mappings.0.snowflake_name",
      "object_type",
      "operation_mode",
      "the sync",
      "timings",
    ]);
  });
});

describe.concurrent("the source is not right", () => {
  it.for([
    ["an empty source table", [], "RETL_HELD_EMPTY_SOURCE", /the source table has no rows/],
    ["a source that shrank", persons(7), "RETL_HELD_REMOVED_ROWS", /3 of 10 known rows are missing/],
    [
      "a source that changed nearly everywhere",
      persons(10, () => ({ score: 1_000 })),
      "RETL_HELD_CHANGED_ROWS",
      /10 of 10 known rows have changed/,
    ],
  ] as const)(
    "%s holds the run, and says how to let it through",
    async ([_name, rows, code, message], context) => {
      const world = await synced(context);
      await world.people(rows);
      await expectFailure(world, code, message, {});
      const [held] = await world.sql("select plan_id from retl.retl_runs where status = 'held'");
      const approved = await world.run({ args: { approve: held?.plan_id } });
      expect(approved.success).toBe(true);
      expect(await silentDifferences(world)).toEqual([]);
    },
  );

  it("rows without an id and with one that others have are listed, the others go through", async (context) => {
    const world = await synced(context);
    await world.people([...changed, { id: null, score: 1 }, { id: "p9", score: 2 }]);
    const run = await world.run();
    expect(run.success).toBe(true);
    const listed = await world.sql("select person_id, code from retl.people_sync_rejections order by code");
    expect(listed.map(({ person_id, code }) => `${code} ${person_id}`)).toEqual([
      "DUPLICATE_ID p9",
      "DUPLICATE_ID p9",
      "MISSING_ID null",
    ]);
    expect(await differences(world, { except: ["p9"] })).toEqual([]);
    await expectGoodRun(world);
  });
});

describe.concurrent("HubSpot is not to be had", () => {
  it("a wrong token is an error, and no row is rejected for it", async (context) => {
    const world = await synced(context);
    await world.people(changed);
    const hubspot = { token: "pat-wrong", base_url: world.hubspot.url };
    await expectFailure(world, "RETL_HUBSPOT_UNAUTHORIZED", /INVALID_AUTHENTICATION/, { hubspot });
    await expectGoodRun(world);
  });

  it.for([
    ["to read the properties", ["crm.objects.contacts.write", "crm.objects.contacts.read"]],
    ["to write contacts", ["crm.schemas.contacts.read", "crm.objects.contacts.read"]],
  ] as const)(
    "a missing scope %s is an error that names it, and no row is rejected for it",
    async ([_name, scopes], context) => {
      const world = await synced(context);
      await world.people(changed);
      await world.configure({ tokens: [{ token: TOKEN, scopes }] });
      const run = await world.run();
      expect(errorOf(run)?.name).toBe("RETL_HUBSPOT_FORBIDDEN");
      expect(errorOf(run)?.message).toMatch(/MISSING_SCOPES/);
      expect(await world.sql("select * from retl.people_sync_rejections")).toEqual([]);
      await world.configure({ tokens: [{ token: TOKEN }] });
      await expectGoodRun(world);
    },
  );

  it.for([
    ["nobody listens", "close"],
    ["somebody takes the connection and never answers", "hang"],
  ] as const)(
    "where %s, the run fails as unreachable and the next one goes on",
    async ([_name, how], context) => {
      const world = await synced(context);
      await world.people(changed);
      const server = createServer(() => undefined);
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const address = server.address();
      const port = typeof address === "object" ? address?.port : 0;
      if (how === "close") server.close();
      else
        context.onTestFinished(() => {
          server.close();
        });
      const hubspot = { token: TOKEN, base_url: `http://127.0.0.1:${port}` };
      await expectFailure(world, "RETL_HUBSPOT_UNREACHABLE", /could not/, { hubspot });
      await expectGoodRun(world);
    },
  );

  it.for([
    [
      "another host without https",
      { token: TOKEN, base_url: "http://hubspot.example.com" },
      "RETL_HUBSPOT_HOST",
    ],
    [
      "a host with a user",
      { token: TOKEN, base_url: "https://me:secret@api.hubapi.com" },
      "RETL_HUBSPOT_HOST",
    ],
    ["a reference that nobody resolved", { token: "$var:f/reverse_etl/hubspot_token" }, "ExecutionErr"],
    ["no token", { token: "" }, "RETL_CONFIG"],
  ] as const)(
    "a resource with %s is an error before anything is sent",
    async ([_name, hubspot, code], context) => {
      const world = await synced(context);
      await world.people(changed);
      await expectFailure(world, code, /./, { hubspot });
      await expectGoodRun(world);
    },
  );
});

describe.concurrent("the warehouse is not to be had", () => {
  it("a database file that another process has open is an error that says so", async (context) => {
    const world = await synced(context, false);
    await world.people(changed);
    const calls = await world.writeCalls();
    const script = join(import.meta.dirname, "..", "support", "locking_process.ts");
    const other = spawn(process.execPath, ["--import", "tsx", script, world.warehousePath]);
    context.onTestFinished(() => {
      other.kill("SIGKILL");
    });
    await new Promise((resolve) => other.stdout.once("data", resolve));
    const run = await world.run();
    expect(run.success).toBe(false);
    expect(errorOf(run)?.name).toBe("RETL_WAREHOUSE_LOCKED");
    expect(errorOf(run)?.message).toMatch(/open in another process.*Close the other process/);
    expect(await world.writeCalls()).toBe(calls);
    const gone = new Promise((resolve) => other.once("close", resolve));
    other.kill("SIGKILL");
    await gone;
    await expectGoodRun(world);
  });

  it("tables that were never made name the step that makes them", async (context) => {
    const world = await synced(context);
    const run = await world.run({ sync: contacts({ sync_table_name: "unmade" }) });
    expect(errorOf(run)?.name).toBe("RETL_NOT_MIGRATED");
    expect(errorOf(run)?.message).toMatch(/migrate step/);
    await expectGoodRun(world);
  });

  for (const [table, column] of [
    ["people_sync_state", "resync_requested_at"],
    ["people_sync", "property"],
  ]) {
    it(`tables of an earlier version, ${table} without ${column}, name the step that brings them up to date`, async (context) => {
      const world = await synced(context);
      const calls = await world.writeCalls();
      await world.people(changed);
      await world.sql(`alter table retl.${table} drop column ${column}`);
      const run = await world.run();
      expect(errorOf(run)).toMatchObject({
        name: "RETL_NOT_MIGRATED",
        message: expect.stringMatching(/migrate step/),
      });
      expect(await world.writeCalls()).toBe(calls);
    });
  }

  it("a kind of warehouse that nobody knows is named", async (context) => {
    const world = await synced(context);
    const run = await world.run({ warehouse: { kind: "oracle" } });
    expect(errorOf(run)?.name).toBe("RETL_WAREHOUSE_KIND");
    expect(errorOf(run)?.message).toMatch(/of the kind "oracle"/);
    await expectGoodRun(world);
  });
});
