import { describe, expect, it } from "vitest";
import { checkDbtResult } from "../../f/reverse_etl/dbt/gate.ts";
import { registerDbtBackends } from "../../f/reverse_etl/dbt/register_backends.ts";
import { jumpingClock } from "../hubspot/virtual_clock.ts";
import {
  PLATFORM_TOKEN,
  type PlatformStep,
  type RunPlan,
  startDbtPlatform,
} from "../support/dbt_platform_server.ts";
import { manifest, runResults } from "./artifacts.ts";
import { buildWith, openBackend } from "./dbt_builds.ts";

registerDbtBackends();

const CONTACTS = "model.shop.contacts";
const MODELS = ["retl.hubspot_contacts"];
const request = { models: MODELS, fullRefresh: false, runId: "run-1" };

const invocation = (statuses: Parameters<typeof runResults>[0], command = "build"): PlatformStep => ({
  name: `Invoke dbt with \`dbt ${command}\``,
  files: { "run_results.json": runResults(statuses), "manifest.json": manifest },
});
const clone: PlatformStep = { name: "Clone Git Repository" };
const built: RunPlan = {
  statuses: [1, 2, 3, 10],
  steps: [clone, invocation({ [CONTACTS]: "success", "test.shop.unique_contacts.1": "pass" })],
};

describe("the dbt platform", () => {
  it("is asked for exactly the models of the run and is waited for until they are built", async () => {
    const platform = await startDbtPlatform(built);
    const result = await buildWith(platform.resource, request);
    expect(checkDbtResult(MODELS, result)).toEqual({ warnings: [] });
    expect(platform.received.find(({ path }) => path.endsWith("/jobs/42/run/"))?.body).toEqual({
      cause: expect.stringMatching(/^Tailrace run-1-[0-9a-f]{8}$/),
      steps_override: ["dbt build --select +hubspot_contacts"],
    });
    expect(platform.started()).toEqual([1001]);
  });

  it("builds from scratch when a full refresh is asked for, with the target, the vars and the commands of the resource", async () => {
    const platform = await startDbtPlatform(built);
    const vars = { since: "it's '97", n: 3 };
    await buildWith(
      { ...platform.resource, commands_before: ["dbt source freshness"], target: "prod", vars },
      { ...request, fullRefresh: true },
    );
    expect(platform.received.find(({ method }) => method === "POST")?.body.steps_override).toEqual([
      "dbt source freshness",
      `dbt build --select +hubspot_contacts --target prod --vars '{"since":"it'"'"'s '"'"'97","n":3}' --full-refresh`,
    ]);
  });

  it("is looked at less and less often, from 2 to 30 seconds", async () => {
    const clock = jumpingClock();
    const platform = await startDbtPlatform({ ...built, statuses: [...Array(12).fill(3), 10] });
    await buildWith(platform.resource, request, { clock });
    expect(clock.slept.slice(0, 4)).toEqual([2_000, 3_000, 4_500, 6_750]);
    expect(clock.slept.at(-1)).toBe(30_000);
    expect(clock.slept).toHaveLength(12);
  });

  it("a run is told of before it is waited for", async () => {
    const platform = await startDbtPlatform(built);
    let looks = -1;
    const told: unknown[] = [];
    await buildWith(platform.resource, request, {
      started: async ({ reference, url }) => {
        told.push(reference, url);
        looks = platform.received.filter(({ path }) => path.includes("/runs/1001/")).length;
      },
    });
    expect(told).toEqual(["dbt platform run 1001", "https://platform.example/run/1001"]);
    expect(looks).toBe(0);
  });

  it("a step that is restarted finds the run it started instead of starting a second one", async () => {
    const platform = await startDbtPlatform(built);
    const first = await openBackend(platform.resource).start(request);
    const result = await buildWith(platform.resource, request);
    expect(first.reference).toBe("dbt platform run 1001");
    expect(checkDbtResult(MODELS, result).warnings).toEqual([]);
    expect(platform.started()).toEqual([1001]);
  });

  it("another run, and another request of the same run, start runs of their own", async () => {
    const platform = await startDbtPlatform();
    const backend = openBackend(platform.resource);
    await backend.start(request);
    await backend.start({ ...request, runId: "run-2" });
    await backend.start({ ...request, fullRefresh: true });
    await backend.start({ ...request, models: ["retl.unrelated"] });
    expect(platform.started()).toHaveLength(4);
  });

  it("a start whose answer is lost is looked for instead of being repeated", async () => {
    const platform = await startDbtPlatform(built);
    platform.fault({ method: "POST", path: /\/run\/$/, times: 1, drop: true, after: true });
    expect(checkDbtResult(MODELS, await buildWith(platform.resource, request)).warnings).toEqual([]);
    expect(platform.started()).toEqual([1001]);
  });

  it("a start that did not arrive may be tried again", async () => {
    const platform = await startDbtPlatform(built);
    platform.fault({ method: "POST", path: /\/run\/$/, times: 1, drop: true });
    await expect(buildWith(platform.resource, request)).rejects.toMatchObject({
      code: "RETL_DBT_UNAVAILABLE",
    });
    expect(platform.started()).toEqual([]);
  });

  it("a 5xx, a 429 and a lost connection while polling go on polling", async () => {
    const platform = await startDbtPlatform(built);
    for (const fault of [{ status: 503 }, { status: 429 }, { drop: true }, { status: 502, body: "<html>" }]) {
      platform.fault({ path: /\/runs\/1001\/\?/, times: 2, ...fault });
    }
    expect(checkDbtResult(MODELS, await buildWith(platform.resource, request)).warnings).toEqual([]);
    expect(platform.started()).toEqual([1001]);
  });

  it("a run that takes too long is cancelled and told by a code of its own", async () => {
    const platform = await startDbtPlatform({ statuses: [1, 3] });
    const resource = { ...platform.resource, timeout_seconds: 60 };
    await expect(buildWith(resource, request)).rejects.toMatchObject({
      code: "RETL_DBT_TIMEOUT",
      message: expect.stringMatching(/after 60 seconds.*dbt platform run 1001.*asked to stop/s),
      details: { dbt_run: "dbt platform run 1001", cancelled: true },
    });
    expect(platform.cancelled()).toEqual([1001]);
  });

  it("a run that takes too long and cannot be cancelled is told to be still running", async () => {
    const platform = await startDbtPlatform({ statuses: [3] });
    platform.fault({ path: /cancel/, times: 1, status: 500 });
    await expect(buildWith(platform.resource, request)).rejects.toThrow(/may still be running/);
  });

  it("a job that is cancelled on the platform fails the gate", async () => {
    const platform = await startDbtPlatform({ ...built, statuses: [3, 30] });
    await expect(buildWith(platform.resource, request)).rejects.toMatchObject({
      code: "RETL_DBT_FAILED",
      message: expect.stringMatching(/was cancelled on the dbt platform.*run\/1001/s),
    });
  });

  it("a dbt failure names the failed nodes and no row's values", async () => {
    const message =
      "Database Error in model contacts (models/contacts.sql)\n  100038: value 'Canary Person' no";
    const platform = await startDbtPlatform({
      statuses: [20],
      steps: [clone, invocation({ [CONTACTS]: ["error", message] })],
    });
    const result = await buildWith(platform.resource, request);
    expect(() => checkDbtResult(MODELS, result)).toThrow(/model\.shop\.contacts failed: Database Error/);
    expect(JSON.stringify(result)).not.toContain("Canary");
  });

  it("a run that fails without a failed node is never taken for a success", async () => {
    const platform = await startDbtPlatform({ ...built, statuses: [20] });
    await expect(buildWith(platform.resource, request)).rejects.toMatchObject({ code: "RETL_DBT_FAILED" });
  });

  it("a run without results, or with a status that nobody knows, is a failure", async () => {
    for (const plan of [
      { statuses: [10], steps: [clone] },
      { ...built, statuses: [77] },
    ]) {
      const platform = await startDbtPlatform(plan);
      await expect(buildWith(platform.resource, request)).rejects.toMatchObject({ code: "RETL_DBT_FAILED" });
    }
  });

  it("results of every step count, not only of the last one", async () => {
    const platform = await startDbtPlatform({
      statuses: [10],
      steps: [
        clone,
        { name: "Invoke dbt with `dbt deps`" },
        { name: "Invoke dbt with `dbt source freshness`", files: { "sources.json": {} } },
        invocation({ [CONTACTS]: "success", "test.shop.unique_contacts.1": "warn" }),
        invocation({ "test.shop.nothing_named.4": "fail" }, "test"),
      ],
    });
    const result = await buildWith(platform.resource, request);
    expect(result.nodes.map(({ uniqueId }) => uniqueId)).toEqual([
      CONTACTS,
      "test.shop.unique_contacts.1",
      "test.shop.nothing_named.4",
    ]);
    expect(() => checkDbtResult(MODELS, result)).toThrow(/nothing_named\.4 failed/);
  });

  it("artifacts that come late are waited for", async () => {
    const platform = await startDbtPlatform(built);
    platform.fault({ path: /run_results/, times: 1, status: 404 });
    expect((await buildWith(platform.resource, request)).nodes).toHaveLength(2);
  });

  it("artifacts are not asked for as JSON", async () => {
    const platform = await startDbtPlatform(built);
    await buildWith(platform.resource, request);
    const accepted = platform.received
      .filter(({ path }) => path.includes("/artifacts/"))
      .map(({ headers }) => headers.accept);
    expect(new Set(accepted)).toEqual(new Set(["*/*"]));
  });

  it("a failed run is taken up from its failure as often as the resource says, and its results join", async () => {
    const platform = await startDbtPlatform(
      {
        statuses: [20],
        can_retry: true,
        steps: [
          invocation({
            "model.shop.orders": "success",
            [CONTACTS]: "error",
            "test.shop.unique_contacts.1": "skipped",
          }),
        ],
      },
      {
        statuses: [3, 10],
        steps: [invocation({ [CONTACTS]: "success", "test.shop.unique_contacts.1": "pass" }, "retry")],
      },
    );
    const result = await buildWith({ ...platform.resource, retries_from_failure: 1 }, request);
    expect(checkDbtResult(MODELS, result).warnings).toEqual([]);
    expect(result.nodes.map(({ uniqueId }) => uniqueId)).toContain("model.shop.orders");
    expect(platform.started()).toEqual([1001, 1002]);
  });

  it("a failed run is left alone where the resource or the platform does not offer a retry", async () => {
    for (const [can_retry, retries_from_failure] of [
      [true, 0],
      [false, 3],
    ] as const) {
      const platform = await startDbtPlatform({
        statuses: [20],
        can_retry,
        steps: [invocation({ [CONTACTS]: "error" })],
      });
      await buildWith({ ...platform.resource, retries_from_failure }, request);
      expect(platform.started()).toEqual([1001]);
    }
  });

  it.each([
    [401, {}, /Check `token`/],
    [403, {}, /permission/],
    [403, { status: { code: 403, user_message: "account_access_denied" } }, /IP restrictions/],
    [404, {}, /Check `base_url`, `account_id` and `job_id`/],
    [400, { status: { user_message: "canary-body" } }, /Look at the job/],
  ])("a %i is told at once, with what to do and without the answer's text", async (status, body, next) => {
    const platform = await startDbtPlatform(built);
    platform.fault({ path: /./, times: 99, status, body });
    const failure = await buildWith(platform.resource, request).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "RETL_DBT_REFUSED", message: expect.stringMatching(next) });
    expect(platform.received).toHaveLength(1);
    expect(String(failure)).not.toMatch(/canary/);
  });

  it("is never followed to another place, so that the token stays", async () => {
    const other = await startDbtPlatform(built);
    const platform = await startDbtPlatform(built);
    platform.fault({ path: /./, times: 99, status: 307, headers: { location: `${other.url}/elsewhere` } });
    await expect(buildWith(platform.resource, request)).rejects.toMatchObject({
      code: "RETL_DBT_REFUSED",
      message: expect.stringContaining("it redirects"),
    });
    expect(other.received).toEqual([]);
  });

  it("nothing that goes wrong shows the token", async () => {
    const troubles: Parameters<Awaited<ReturnType<typeof startDbtPlatform>>["fault"]>[0][] = [
      { path: /./, times: 99, drop: true },
      { path: /./, times: 99, status: 500, body: PLATFORM_TOKEN },
      { path: /./, times: 99, status: 400, body: PLATFORM_TOKEN },
      { path: /./, times: 99, status: 200, body: PLATFORM_TOKEN },
      { path: /cancel/, times: 99, status: 400, body: PLATFORM_TOKEN },
    ];
    for (const trouble of troubles) {
      const platform = await startDbtPlatform({ statuses: [3] });
      platform.fault(trouble);
      const failure = await buildWith(platform.resource, request).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Error);
      const shown = `${failure} ${(failure as Error).stack} ${JSON.stringify(failure)}`;
      expect(shown).not.toContain(PLATFORM_TOKEN);
    }
  });
});

describe("a resource of the dbt platform", () => {
  it("has all of its problems reported at once, and none of its values", () => {
    const open = () =>
      openBackend({
        backend: "dbt_platform",
        base_url: "http://canary.example/path",
        account_id: "canary",
        token: "$var:f/reverse_etl/canary_token",
        commands_before: ["rm canary"],
        timeout_seconds: 0,
      });
    expect(open).toThrow(
      expect.objectContaining({
        code: "RETL_CONFIG",
        message: expect.not.stringContaining("canary"),
        details: {
          problems: [
            "base_url: is not https, which only an address of this machine may be",
            "account_id: must be a number",
            "job_id: must be a number",
            expect.stringMatching(/^token: must be a token/),
            "commands_before.0: must begin with dbt",
            expect.stringMatching(/^timeout_seconds: /),
          ],
        },
      }),
    );
  });

  it.each([
    "https://user:canary@cloud.getdbt.com",
    "https://cloud.getdbt.com/api",
    "ftp://cloud.getdbt.com",
    "cloud",
  ])("with the address %s is refused", (base_url) => {
    const resource = { backend: "dbt_platform", account_id: 1, job_id: 2, token: "t", base_url };
    expect(() => openBackend(resource)).toThrow(expect.objectContaining({ code: "RETL_CONFIG" }));
  });
});
