import { describe, expect, it } from "vitest";
import { checkDbtResult } from "../../f/reverse_etl/dbt/gate.ts";
import { registerDbtBackends } from "../../f/reverse_etl/dbt/register_backends.ts";
import { startWindmillJobs, WINDMILL_TOKEN } from "../support/windmill_jobs_server.ts";
import { buildWith, openBackend } from "./dbt_builds.ts";

registerDbtBackends();

const MODELS = ["retl.hubspot_contacts"];
const SCRIPT = "f/analytics/dbt_project";
const resource = { backend: "windmill_dbt", path: SCRIPT };
const request = { models: MODELS, fullRefresh: false, runId: "run-1" };

interface WindmillNode {
  readonly unique_id: string;
  readonly outcome: string;
  readonly relation_name?: string;
  readonly message?: string;
}

const contacts = (outcome: string, relation_name = '"DB"."RETL"."HUBSPOT_CONTACTS"'): WindmillNode => ({
  unique_id: "model.shop.hubspot_contacts",
  outcome,
  relation_name,
});
const unique = (outcome: string, message?: string): WindmillNode => ({
  unique_id: "test.shop.unique_contacts.1",
  outcome,
  ...(message === undefined ? {} : { message }),
});

/** What Windmill's dbt language gives. */
const given = (...nodes: WindmillNode[]) => ({
  engine: "dbt-core-1x",
  engine_version: "1.11.16",
  command: "build",
  totals: { total: nodes.length, success: 0, error: 0, warn: 0, skipped: 0 },
  nodes: nodes.map((node) => ({ status: "whatever", execution_time: 0.1, ...node })),
  invocation_args: {},
});

const failedWith = (said: string, result?: object) => ({
  success: false,
  result: {
    error: {
      name: "ExecutionErr",
      message: `${said}\n${result === undefined ? "" : JSON.stringify(result, null, 2)}`,
    },
  },
});

describe("a script of Windmill's dbt language", () => {
  it("is run with the models of the run and is waited for until it has built them", async () => {
    const windmill = await startWindmillJobs(
      { looks: 3, result: given(contacts("passed"), unique("passed")) },
      [SCRIPT],
    );
    const result = await buildWith(
      { ...resource, vars: { since: "1997" } },
      { ...request, fullRefresh: true },
    );
    expect(checkDbtResult(MODELS, result)).toEqual({ warnings: [] });
    expect(windmill.received[0]).toMatchObject({
      method: "POST",
      path: expect.stringMatching(
        /^\/api\/w\/shop\/jobs\/run\/p\/f\/analytics\/dbt_project\?job_id=[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
      body: {
        command: {
          label: "build",
          select: ["+hubspot_contacts"],
          exclude: [],
          vars: { since: "1997" },
          full_refresh: true,
        },
      },
    });
    expect(result.invocationId).toBe(windmill.started[0]?.id);
  });

  it("a step that is restarted finds the job it started instead of starting a second one", async () => {
    const windmill = await startWindmillJobs({ looks: 1, result: given(contacts("passed")) }, [SCRIPT]);
    const first = await openBackend(resource).start(request);
    expect(checkDbtResult(MODELS, await buildWith(resource, request)).warnings).toEqual([]);
    expect(windmill.started.map(({ id }) => `Windmill job ${id}`)).toEqual([first.reference]);
  });

  it("another run, another request and another script get jobs of their own", async () => {
    const windmill = await startWindmillJobs({}, [SCRIPT, "f/other/dbt_project"]);
    const backend = openBackend(resource);
    await backend.start(request);
    await backend.start({ ...request, runId: "run-2" });
    await backend.start({ ...request, fullRefresh: true });
    await openBackend({ ...resource, path: "f/other/dbt_project" }).start(request);
    expect(new Set(windmill.started.map(({ id }) => id)).size).toBe(4);
  });

  it("a start whose answer is lost is found", async () => {
    const windmill = await startWindmillJobs({ result: given(contacts("passed")) }, [SCRIPT]);
    windmill.fault(/\/jobs\/run\//, 1, "drop", true);
    expect((await buildWith(resource, request)).nodes).toHaveLength(1);
    expect(windmill.started).toHaveLength(1);
  });

  it("a start that did not arrive may be tried again", async () => {
    const windmill = await startWindmillJobs({}, [SCRIPT]);
    windmill.fault(/\/jobs\/run\//, 1, "drop");
    await expect(buildWith(resource, request)).rejects.toMatchObject({ code: "RETL_WINDMILL_UNAVAILABLE" });
  });

  it("that does not exist is told at once", async () => {
    await startWindmillJobs({}, []);
    await expect(buildWith(resource, request)).rejects.toMatchObject({
      code: "RETL_DBT_REFUSED",
      message: expect.stringMatching(/answered 404 for f\/analytics\/dbt_project/),
    });
  });

  it("a 5xx and a lost connection while polling go on polling", async () => {
    const windmill = await startWindmillJobs({ result: given(contacts("passed")) }, [SCRIPT]);
    windmill.fault(/get_result_maybe/, 2, 502);
    windmill.fault(/get_result_maybe/, 1, "drop");
    expect((await buildWith(resource, request)).nodes).toHaveLength(1);
  });

  it("that takes too long is cancelled and told by a code of its own", async () => {
    const windmill = await startWindmillJobs({ looks: 1_000 }, [SCRIPT]);
    await expect(buildWith({ ...resource, timeout_seconds: 30 }, request)).rejects.toMatchObject({
      code: "RETL_DBT_TIMEOUT",
    });
    expect(windmill.cancelled).toEqual(windmill.started.map(({ id }) => id));
  });

  it("is cancelled with the step that waits for it", async () => {
    const windmill = await startWindmillJobs({ result: given(contacts("passed")) }, [SCRIPT]);
    process.env.WM_JOB_ID = "step-job";
    try {
      await buildWith(resource, request);
    } finally {
      delete process.env.WM_JOB_ID;
    }
    expect(windmill.started[0]?.parent).toBe("step-job");
  });

  it("that fails names the failed nodes and no row's values", async () => {
    const nodes = given(
      { ...contacts("failed"), message: "Database Error in model a (a.sql)\n  100038: 'Canary Person' no" },
      unique("skipped"),
    );
    await startWindmillJobs(failedWith("dbt build failed: { not at the start of a line }", nodes), [SCRIPT]);
    const result = await buildWith(resource, request);
    expect(() => checkDbtResult(MODELS, result)).toThrow(
      /model\.shop\.hubspot_contacts failed: Database Error/,
    );
    expect(JSON.stringify(result)).not.toContain("Canary");
  });

  it("that fails or is cancelled without nodes is a failure that shows no row's values", async () => {
    for (const plan of [
      failedWith("Conversion Error: 'Canary Person'"),
      failedWith("Job canceled: Canary"),
      { success: false, result: { error: { message: '{"nodes": [' } } },
      { success: true, result: null },
      { success: true, result: { nodes: "Canary" } },
    ]) {
      await startWindmillJobs(plan, [SCRIPT]);
      const failure = await buildWith(resource, request).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: "RETL_DBT_FAILED" });
      expect(String(failure)).not.toContain("Canary");
    }
  });

  it("that fails although no node did is never taken for a success", async () => {
    await startWindmillJobs(failedWith("a hook failed", given(contacts("passed"))), [SCRIPT]);
    await expect(buildWith(resource, request)).rejects.toMatchObject({ code: "RETL_DBT_FAILED" });
  });

  it.each([
    [
      "a test that fails",
      [contacts("passed"), unique("failed", "Got 2 results, configured to fail if != 0")],
    ],
    ["a test without a result", [contacts("passed"), unique("no_op")]],
    ["an outcome that Windmill adds one day", [contacts("improved")]],
    ["a model that is skipped", [contacts("skipped")]],
    ["a model of another schema", [contacts("passed", "db.other.hubspot_contacts")]],
    ["no node", []],
  ])("with %s keeps the gate closed", async (_, nodes) => {
    await startWindmillJobs({ result: given(...nodes) }, [SCRIPT]);
    const result = await buildWith(resource, request);
    expect(() => checkDbtResult(MODELS, result)).toThrow(
      expect.objectContaining({ code: "RETL_DBT_FAILED" }),
    );
  });

  it("with a test that warns warns", async () => {
    await startWindmillJobs(
      {
        result: given(
          contacts("no_op", "db.retl.hubspot_contacts"),
          unique("warned", "Got 1 result, configured to warn if != 0"),
        ),
      },
      [SCRIPT],
    );
    const { warnings } = checkDbtResult(MODELS, await buildWith(resource, request));
    expect(warnings).toEqual([
      "test.shop.unique_contacts.1 warned: Got 1 result, configured to warn if != 0",
    ]);
  });

  it("nothing that goes wrong shows the token", async () => {
    for (const [path, answer] of [
      [/./, "drop"],
      [/./, 500],
      [/./, 403],
      [/get_result_maybe/, 403],
    ] as const) {
      const windmill = await startWindmillJobs({}, [SCRIPT]);
      windmill.fault(path, 1_000, answer);
      const failure = await buildWith(resource, request).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Error);
      expect(`${failure} ${(failure as Error).stack} ${JSON.stringify(failure)}`).not.toContain(
        WINDMILL_TOKEN,
      );
    }
  });

  it("a resource for it has all of its problems reported at once", () => {
    expect(() =>
      openBackend({ backend: "windmill_dbt", path: "dbt", timeout_seconds: "x", tags: 1 }),
    ).toThrow(
      expect.objectContaining({
        details: {
          problems: [
            expect.stringMatching(/^path: must be a Windmill path/),
            expect.stringMatching(/^timeout_seconds: /),
            expect.stringMatching(/^the resource: .*tags/),
          ],
        },
      }),
    );
  });
});
