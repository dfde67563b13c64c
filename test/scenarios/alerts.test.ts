import { describe, expect, it, onTestFinished } from "vitest";
import type { SyncInput } from "../../f/reverse_etl/sync/sync_config.ts";
import { type Scripted, startScriptedServer } from "../hubspot/scripted_server.ts";
import { errorOf, type FlowWorld, flowWorld, type RunOptions } from "../support/flow_world.ts";
import { contacts, persons } from "../support/people_sync.ts";

const WEBHOOK = "f/reverse_etl/alert_webhook";
const SECRET = "T0000-secret-path";

interface AlertedWorld {
  readonly world: FlowWorld;
  run(options?: RunOptions): ReturnType<FlowWorld["run"]>;
  /** The texts that the webhook took, in order. */
  texts(): readonly string[];
  /** Decides how the webhook answers from now on. */
  answer(scripted: Scripted): void;
}

/** A world whose sync tells its alerts to a webhook on this machine. */
async function alertedWorld(
  thresholds: Partial<NonNullable<SyncInput["alerts"]>> = {},
): Promise<AlertedWorld> {
  let scripted: Scripted = { status: 200, body: "ok" };
  const taken: string[] = [];
  const server = await startScriptedServer(({ body }) => {
    if (scripted.status === 200) taken.push(String(body.text));
    return scripted;
  });
  onTestFinished(() => server.close());
  const world = await flowWorld({ sync: contacts({ alerts: { webhook: WEBHOOK, ...thresholds } }) });
  const resources = { [WEBHOOK]: { url: `${server.baseUrl}/services/${SECRET}` } };
  return {
    world,
    run: (options = {}) => world.run({ ...options, resources: { ...resources, ...options.resources } }),
    texts: () => taken,
    answer(next) {
      scripted = next;
    },
  };
}

const wrongToken = (world: FlowWorld) => ({ hubspot: { token: "expired", base_url: world.hubspot.url } });
const FAILED = "Alert: A run did not go through (hubspot/contacts)\n";
const FAILED_OVER = "Over: A run did not go through (hubspot/contacts)\nIt was: ";

describe("an alert", () => {
  it("is told once however many runs fail, and once more when a run goes through", async () => {
    const { world, run, texts } = await alertedWorld();
    await world.people(persons(12));
    await run(wrongToken(world));
    await run(wrongToken(world));
    const reason = "the run failed: RETL_HUBSPOT_UNAUTHORIZED in batch_sizing__hubspot__contacts";
    expect(texts()).toEqual([`${FAILED}${reason}`]);
    await world.runWhenFree({ resources: { [WEBHOOK]: { url: "not an address" } } });
    expect(texts()).toHaveLength(1);
    await run();
    await run();
    expect(texts()).toEqual([`${FAILED}${reason}`, `${FAILED_OVER}${reason}`]);
  });

  it("is raised by a push that several batches fail in, once", async () => {
    const { world, run, texts } = await alertedWorld();
    await world.people(persons(20));
    await world.fault({
      match: { path: "batch/upsert" },
      times: "always",
      action: {
        reply: { status: 401, body: { status: "error", category: "INVALID_AUTHENTICATION", message: "no" } },
      },
    });
    await run();
    expect(texts()).toEqual([`${FAILED}the run failed: RETL_HUBSPOT_UNAUTHORIZED`]);
  });

  it("is raised by a held plan, and ended by a run without changes", async () => {
    const { world, run, texts } = await alertedWorld();
    await world.people(persons(3));
    await run();
    await world.people([]);
    await run();
    await world.people(persons(3));
    await run();
    const reason = "the run is held: RETL_HELD_EMPTY_SOURCE";
    expect(texts()).toEqual([`${FAILED}${reason}`, `${FAILED_OVER}${reason}`]);
  });

  it("is raised by a failure before any sync begins", async () => {
    const { run, texts } = await alertedWorld();
    const failed = await run({ resources: { "f/reverse_etl/dbt": { backend: "none of ours" } } });
    expect(texts()).toEqual([`${FAILED}the run failed: ${errorOf(failed)?.name} in dbt_prep`]);
  });

  it("is not raised by a run that finds the sync busy", async () => {
    const { world, run, texts } = await alertedWorld();
    await world.sql(
      "update retl.people_sync_lease set holder = 'another', expires_at = cast(now() at time zone 'UTC' as timestamp) + interval 1 hour",
    );
    expect(errorOf(await run())?.name).toBe("RETL_BUSY");
    expect(texts()).toEqual([]);
  });

  it("is not raised by an approval of a plan that is not there", async () => {
    const { run, world, texts } = await alertedWorld();
    await world.people(persons(3));
    expect(errorOf(await run({ args: { approve: "plan_0" } }))?.name).toBe("RETL_APPROVAL_UNKNOWN");
    expect(texts()).toEqual([]);
  });

  it("is not raised by a dry run that fails", async () => {
    const { run, world, texts } = await alertedWorld();
    await world.sql("drop table retl.people");
    expect((await run({ args: { dry_run: true } })).success).toBe(false);
    expect(texts()).toEqual([]);
  });
});

describe("a threshold of failed rows", () => {
  it("counts rows that wait for their next try, so that it is not over before they are right", async () => {
    const { world, run, texts } = await alertedWorld({ max_failed_rows: 1 });
    const withInvalid = (count: number) => persons(8, (index) => (index < count ? { tier: "iron" } : {}));
    await world.people(withInvalid(1));
    await run();
    expect(texts()).toEqual([]);
    await world.people(withInvalid(2));
    await run();
    await run();
    const reason = "2 of 8 source rows are refused or in doubt (allowed: 1)";
    const title = "Too many rows are refused or in doubt (hubspot/contacts)\n";
    expect(texts()).toEqual([`Alert: ${title}${reason}`]);
    await world.people(withInvalid(0));
    await run();
    expect(texts()).toEqual([`Alert: ${title}${reason}`, `Over: ${title}It was: ${reason}`]);
  });

  it("may be a share of the source's rows", async () => {
    const { world, run, texts } = await alertedWorld({ max_failed_fraction: 0.25 });
    await world.people(persons(8, (index) => (index < 3 ? { tier: "iron" } : {})));
    await run();
    expect(texts().join()).toContain("3 of 8 source rows are refused or in doubt (allowed: 2)");
  });
});

it("a run that takes too long raises an alert", async () => {
  const { world, run, texts } = await alertedWorld({ max_run_minutes: 0.000_01 });
  await world.people(persons(2));
  expect((await run()).success).toBe(true);
  expect(texts().join()).toMatch(
    /^Alert: A run took too long \(hubspot\/contacts\)\nthe run took \d+\.\d min/,
  );
});

it("a run that hangs is told of by the next one, which fails as busy and raises nothing of its own", async () => {
  const { world, run, texts } = await alertedWorld({ max_run_minutes: 60 });
  await world.people(persons(2));
  const { jobId } = await run();
  await world.sql(
    "update retl.retl_runs set status = 'running', settled_at = null, started_at = '2026-01-01'",
  );
  await world.sql(`update retl.people_sync_lease set holder = '${jobId}', expires_at = '2100-01-01'`);
  expect(errorOf(await run())?.name).toBe("RETL_BUSY");
  await run();
  expect(texts()).toHaveLength(1);
  expect(texts()[0]).toMatch(
    /^Alert: A run took too long \(hubspot\/contacts\)\nthe run \S+ began at 2026-01-01T\S+ and did not end within/,
  );
  expect(texts()[0]).toContain(jobId);
});

describe("a webhook that fails", () => {
  it.for<[string, Scripted]>([
    ["answers 500", { status: 500, body: "no" }],
    ["leads elsewhere", { status: 302, headers: { location: "https://example.com" } }],
    ["hangs up", { drop: true }],
  ])("and %s never fails a run, and the next run tells what is untold", async ([, broken]) => {
    const { world, run, texts, answer } = await alertedWorld({ max_failed_rows: 0 });
    await world.people(persons(4, (index) => (index === 0 ? { tier: "iron" } : {})));
    answer(broken);
    const ended = await run();
    expect(ended.success).toBe(true);
    const shown = JSON.stringify(ended);
    expect(shown).toContain("the alert failed_rows of hubspot/contacts could not be told");
    expect(shown).not.toContain(SECRET);
    answer({ status: 200, body: "ok" });
    await run();
    await run();
    expect(texts()).toEqual([
      "Alert: Too many rows are refused or in doubt (hubspot/contacts)\n1 of 4 source rows are refused or in doubt (allowed: 0)",
    ]);
  });
});

it("without its warehouse a failed run is told all the same", async () => {
  const { world, run, texts } = await alertedWorld();
  await world.people(persons(1));
  const failed = await run({ warehouse: { kind: "no such kind" } });
  expect(failed.success).toBe(false);
  expect(texts()).toEqual([`${FAILED}the run failed: RETL_WAREHOUSE_KIND in dbt_prep`]);
});

it("a failed run of a sync that was not migrated since is told all the same", async () => {
  const { world, run, texts } = await alertedWorld();
  await world.sql("delete from retl.retl_alerts");
  const failed = await run();
  expect(failed.success).toBe(false);
  expect(texts()).toEqual([`${FAILED}the run failed: RETL_NOT_MIGRATED in diff_insert__hubspot__contacts`]);
});

it("a flow whose syncs have no alerts needs no webhook", async () => {
  const world = await flowWorld();
  await world.people(persons(1));
  expect((await world.run()).success).toBe(true);
});
