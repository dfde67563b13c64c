// The type also tells Windmill which package the script needs: its own look at imports does not see the one at run time.
import type { JobService } from "windmill-client";
import * as z from "zod";
import { RetlError } from "../sync/error.ts";
import { buildKey, uuidOf } from "./build_key.ts";
import type { DbtBackend, DbtBuild } from "./dbt_backend.ts";
import { endedWithoutResults } from "./ended_without_results.ts";
import { target, timeoutSeconds, vars } from "./resource_fields.ts";
import { parseDbtResource } from "./resource_problems.ts";
import { selectionOf } from "./selection.ts";
import { windmillDbtResult, windmillErrorText } from "./windmill_dbt_result.ts";

const shape = z.strictObject({
  backend: z.literal("windmill_dbt"),
  /** Path of a script in Windmill's dbt language; it needs a worker of its own while this step waits for it. */
  path: z
    .string()
    .regex(/^[fu](\/[A-Za-z0-9_]+){2,}$/, "must be a Windmill path such as f/analytics/dbt_project"),
  vars,
  /** Another worker tag than the script's own. */
  tag: target,
  /** From here until the job is cancelled; its wait for a worker counts. */
  timeout_seconds: timeoutSeconds(14_400),
});

/**
 * The back end `windmill_dbt`: runs a script of Windmill's dbt language as a job of its own. The job's id is made from our key, and
 * Windmill refuses a second job of the same id, so a repeated step finds the first one.
 */
export function windmillDbt(resource: unknown): DbtBackend {
  const settings = parseDbtResource(shape, resource);
  return {
    timeoutMs: settings.timeout_seconds * 1000,
    async start(request) {
      const id = uuidOf(`${settings.path} ${buildKey(request)}`);
      const command = {
        label: "build",
        select: selectionOf(request.models),
        exclude: [],
        vars: settings.vars ?? {},
        full_refresh: request.fullRefresh,
      };
      const workspace = process.env.WM_WORKSPACE ?? "";
      // The client takes its time to load, and only this back end needs it.
      const { JobService: jobs } = await import("windmill-client");
      const parent = process.env.WM_JOB_ID;
      const started = jobs.runScriptByPath({
        workspace,
        path: settings.path,
        jobId: id,
        requestBody: { command },
        // So that whoever cancels the run in Windmill cancels dbt with it.
        ...(parent === undefined || parent === "" ? {} : { parentJob: parent }),
        ...(settings.tag === undefined ? {} : { tag: settings.tag }),
      });
      await started.catch((error: unknown) => foundOrFailed(jobs, workspace, id, settings.path, error));
      return jobBuild(jobs, workspace, id);
    },
  };
}

type Jobs = typeof JobService;

/** A job that is there was started by an earlier try of this step, or by this one although no answer came. */
async function foundOrFailed(
  jobs: Jobs,
  workspace: string,
  id: string,
  path: string,
  error: unknown,
): Promise<void> {
  try {
    await jobs.getJob({ workspace, id, noLogs: true });
  } catch {
    throw windmillFailure(error, path);
  }
}

function jobBuild(jobs: Jobs, workspace: string, id: string): DbtBuild {
  const base = process.env.WM_BASE_URL;
  const place = {
    reference: `Windmill job ${id}`,
    url: base ? `${base}/run/${id}?workspace=${workspace}` : null,
  };
  let ended: { readonly success: boolean; readonly result: unknown } | undefined;
  return {
    ...place,
    async poll() {
      const answer = await jobs
        .getCompletedJobResultMaybe({ workspace, id })
        .catch((error: unknown) => Promise.reject(windmillFailure(error, place.reference)));
      if (!answer.completed) return "running";
      ended = { success: answer.success === true, result: answer.result };
      return "ended";
    },
    async result() {
      const { success, result } = ended ?? { success: false, result: null };
      const judged = windmillDbtResult(id, success, result);
      const failed = judged?.nodes.some(({ outcome }) => outcome === "failed" || outcome === "unknown");
      if (judged !== null && (success || failed === true)) return judged;
      throw endedWithoutResults(
        "The dbt job in Windmill ended without results that could be relied on",
        place,
        windmillErrorText(result),
      );
    },
    async cancel() {
      const reason = "Tailrace: timeout_seconds of the dbt resource";
      await jobs.cancelQueuedJob({ workspace, id, requestBody: { reason } });
    },
  };
}

/** The client's error carries the request with its headers, so only the status is kept. */
function windmillFailure(error: unknown, what: string): RetlError {
  const status =
    typeof error === "object" && error !== null && "status" in error && typeof error.status === "number"
      ? error.status
      : null;
  if (status === null || status === 429 || status >= 500) {
    return new RetlError("RETL_WINDMILL_UNAVAILABLE", {
      what: `Windmill ${status === null ? "did not answer" : `answered ${status}`} for ${what}.`,
      state: "Nothing was planned or sent; a dbt job that was started goes on, and a repeated step finds it.",
      next: "Run again; if it happens again, look at the worker's access to the Windmill server.",
    });
  }
  return new RetlError("RETL_DBT_REFUSED", {
    what: `Windmill answered ${status} for ${what}.`,
    state: "Nothing was planned or sent.",
    next: "Check `path` and `tag` of the dbt resource, and that whoever runs this flow may run that script.",
    details: { status },
  });
}
