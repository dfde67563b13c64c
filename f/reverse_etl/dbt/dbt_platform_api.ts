import * as z from "zod";
import { RetlError } from "../sync/error.ts";
import type { DbtPlatformResource } from "./dbt_platform_resource.ts";

/** Longest time of one request; then it is aborted. */
const REQUEST_MS = 30_000;

/** How far back a run is looked for: an account starts fewer of one job between a step and its restart. */
const RUNS_LOOKED_AT = 100;

/** `status` of a run: 1 queued, 2 starting, 3 running, 10 success, 20 error, 30 cancelled (dbt-cloud-openapi-spec, v2, read 2026-11). */
const runShape = z.object({
  id: z.number().int(),
  status: z.number().int(),
  href: z.string().nullish(),
  can_retry: z.boolean().nullish(),
  trigger: z.object({ cause: z.string().nullish() }).nullish(),
  run_steps: z.array(z.object({ index: z.number().int(), name: z.string().nullish() })).nullish(),
});

export type PlatformRun = z.output<typeof runShape>;

export const RUN_STATUS = { success: 10, error: 20, cancelled: 30 } as const;

/** Any other status than these has no more to come. */
export const RUNNING_STATUSES: readonly number[] = [1, 2, 3];

export interface NewRun {
  readonly cause: string;
  readonly steps: readonly string[];
}

/**
 * The dbt platform's administrative API, version 2, for one job. Every method throws `RETL_DBT_UNAVAILABLE` when no answer came or the
 * platform could not give one, and `RETL_DBT_REFUSED` for every other refusal.
 */
export interface DbtPlatformApi {
  trigger(run: NewRun): Promise<PlatformRun>;
  /** The newest runs of the job, with their triggers. */
  recentRuns(): Promise<readonly PlatformRun[]>;
  run(id: number): Promise<PlatformRun>;
  cancel(id: number): Promise<void>;
  retry(id: number): Promise<PlatformRun>;
  /** A file that one step of a run left, as parsed JSON; undefined when the step has none. */
  artifact(id: number, step: number, file: string): Promise<unknown>;
}

export function dbtPlatformApi(resource: DbtPlatformResource): DbtPlatformApi {
  const account = `${resource.base_url}/api/v2/accounts/${resource.account_id}`;
  const job = resource.job_id;

  /** The parsed body of a 2xx, undefined for a 404. */
  const ask = async (method: "GET" | "POST", path: string, options: AskOptions = {}): Promise<unknown> => {
    const { status, text } = await send(method, `${account}${path}`, resource.token, options);
    if (status >= 200 && status < 300) return jsonOf(text);
    if (status === 404 && options.maybeMissing === true) return undefined;
    throw status === 429 || status >= 500
      ? unavailable(`answered ${status}`)
      : refused(resource, status, text);
  };
  const data = async <Shape extends z.ZodType>(shape: Shape, answer: Promise<unknown>) => {
    const envelope = z.object({ data: z.unknown() }).safeParse(await answer);
    const parsed = shape.safeParse(envelope.data?.data);
    if (!parsed.success) throw unavailable("gave an answer that is not the API's");
    return parsed.data;
  };

  return {
    trigger: ({ cause, steps }) =>
      data(runShape, ask("POST", `/jobs/${job}/run/`, { body: { cause, steps_override: steps } })),
    recentRuns: () =>
      data(
        z.array(runShape),
        ask(
          "GET",
          `/runs/?job_definition_id=${job}&order_by=-id&limit=${RUNS_LOOKED_AT}&include_related=trigger`,
        ),
      ),
    run: (id) => data(runShape, ask("GET", `/runs/${id}/?include_related=trigger,run_steps`)),
    cancel: async (id) => {
      await ask("POST", `/runs/${id}/cancel/`);
    },
    retry: (id) => data(runShape, ask("POST", `/runs/${id}/retry/`)),
    artifact: (id, step, file) =>
      ask("GET", `/runs/${id}/artifacts/${file}?step=${step}`, { maybeMissing: true, accept: "*/*" }),
  };
}

interface AskOptions {
  readonly body?: unknown;
  readonly maybeMissing?: boolean;
  /** Artifacts are not to be asked for as JSON (dagster-dbt 0.29 does the same). */
  readonly accept?: string;
}

async function send(method: string, url: string, token: string, { body, accept }: AskOptions) {
  try {
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Token ${token}`,
        accept: accept ?? "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // The token is meant for this host only.
      redirect: "manual",
      signal: AbortSignal.timeout(REQUEST_MS),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    // Of what fetch throws only the kind is told: its text may name the request.
    const isTimeout = error instanceof Error && error.name === "TimeoutError";
    throw unavailable(isTimeout ? `gave no answer within ${REQUEST_MS / 1000} seconds` : "gave no answer");
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unavailable("gave an answer that is no JSON");
  }
}

function unavailable(what: string): RetlError {
  return new RetlError("RETL_DBT_UNAVAILABLE", {
    what: `The dbt platform ${what}.`,
    state: "Nothing was planned or sent; a build that was started goes on, and a repeated step finds it.",
    next: "Run again; if it happens again, look at status.getdbt.com and at the worker's network.",
  });
}

const WHY: Readonly<Record<number, string>> = {
  401: "Check `token` of the dbt resource.",
  403: "Give the service token of the dbt resource the permission to run this job and to read its artifacts.",
  404: "Check `base_url`, `account_id` and `job_id` of the dbt resource.",
};

function refused(resource: DbtPlatformResource, status: number, body: string): RetlError {
  const next = body.includes("account_access_denied")
    ? "The account lets only listed addresses in: add the workers' address to its IP restrictions."
    : status >= 300 && status < 400
      ? "Correct `base_url` of the dbt resource: it redirects, and the token goes to no other host."
      : (WHY[status] ??
        "Look at the job on the dbt platform; the answer is not shown here because it may quote values.");
  return new RetlError("RETL_DBT_REFUSED", {
    what: `The dbt platform answered ${status} for job ${resource.job_id} of account ${resource.account_id}.`,
    state: "Nothing was planned or sent.",
    next,
    details: { status },
  });
}
