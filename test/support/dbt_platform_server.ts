import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export const PLATFORM_TOKEN = "dbtu_canary-platform-token";
const ACCOUNT = "4711";
const JOB = "42";

/** One command of a run and the files that it left. */
export interface PlatformStep {
  readonly name: string;
  readonly files?: Readonly<Record<string, unknown>>;
}

/** How a run goes: the status that each look at it finds, the last one for ever. */
export interface RunPlan {
  readonly statuses: readonly number[];
  readonly steps?: readonly PlatformStep[];
  readonly can_retry?: boolean;
}

/** What goes wrong with the requests that it fits; `drop` closes the connection, after the request was carried out where `after` says so. */
export interface PlatformFault {
  readonly method?: string;
  readonly path: RegExp;
  readonly times: number;
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly drop?: boolean;
  readonly after?: boolean;
}

export interface PlatformRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Readonly<Record<string, unknown>>;
}

interface Run {
  readonly id: number;
  readonly cause: string;
  readonly plan: RunPlan;
  looks: number;
  isCancelled: boolean;
}

export interface DbtPlatformServer {
  readonly url: string;
  /** A dbt resource for it. */
  readonly resource: Readonly<Record<string, unknown>>;
  readonly received: readonly PlatformRequest[];
  /** Ids of the runs that were started, retries included. */
  started(): readonly number[];
  cancelled(): readonly number[];
  fault(fault: PlatformFault): void;
}

/**
 * The dbt platform's administrative API, version 2, for one job of one account, on loopback: the envelope, statuses 1, 2, 3, 10, 20 and 30,
 * the list of runs with their triggers, artifacts per step, cancel, retry of a run, and 404 for a path with `//`. The n-th run that is
 * started goes as the n-th plan says.
 */
export async function startDbtPlatform(...plans: RunPlan[]): Promise<DbtPlatformServer> {
  const runs: Run[] = [];
  const received: PlatformRequest[] = [];
  const faults: (PlatformFault & { left: number })[] = [];

  const create = (cause: string): Run => {
    const plan = plans[runs.length] ?? { statuses: [10] };
    const run = { id: 1001 + runs.length, cause, plan, looks: 0, isCancelled: false };
    runs.push(run);
    return run;
  };

  const answer = (request: PlatformRequest): readonly [status: number, body: unknown] => {
    const { pathname, searchParams } = new URL(request.path, "http://platform");
    if (request.headers.authorization !== `Token ${PLATFORM_TOKEN}`) return refused(401, "Invalid token.");
    if (request.path.includes("//")) return refused(404, "Not found.");
    const prefix = `/api/v2/accounts/${ACCOUNT}`;
    const path = pathname.startsWith(prefix) ? pathname.slice(prefix.length) : "";
    if (request.method === "POST" && path === `/jobs/${JOB}/run/`) {
      const { cause } = request.body;
      return typeof cause === "string" && cause.length > 0
        ? data(shown(create(cause), []), 201)
        : refused(400, "cause is required");
    }
    if (request.method === "GET" && path === "/runs/") {
      const related = (searchParams.get("include_related") ?? "").split(",");
      const isOurs = searchParams.get("job_definition_id") === JOB;
      const ordered = searchParams.get("order_by") === "-id" ? [...runs].reverse() : runs;
      return data(isOurs ? ordered.map((run) => shown(run, related)) : []);
    }
    const [, id, action = ""] = /^\/runs\/(\d+)\/(.*)$/.exec(path) ?? [];
    const run = runs.find((candidate) => String(candidate.id) === id);
    if (run === undefined) return refused(404, "Not found.");
    if (request.method === "GET" && action === "") {
      run.looks += 1;
      return data(shown(run, (searchParams.get("include_related") ?? "").split(",")));
    }
    if (request.method === "POST" && action === "cancel/") {
      run.isCancelled = true;
      return data(shown(run, []));
    }
    if (request.method === "POST" && action === "retry/") {
      return run.plan.can_retry === true ? data(shown(create("Retried by the API"), [])) : refused(400, "no");
    }
    const [, file = ""] = /^artifacts\/(.+)$/.exec(action) ?? [];
    const steps = run.plan.steps ?? [];
    const step = steps[Number(searchParams.get("step") ?? steps.length) - 1];
    const content = step?.files?.[file];
    return content === undefined ? refused(404, "Not found.") : [200, content];
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const { method = "", url: path = "", headers } = request;
    const arrived = { method, path, headers, body: text === "" ? {} : JSON.parse(text) };
    received.push(arrived);
    const fault = faults.find(
      (rule) => rule.left > 0 && rule.path.test(path) && (rule.method ?? method) === method,
    );
    if (fault !== undefined) fault.left -= 1;
    const [status, body] = fault === undefined || fault.after === true ? answer(arrived) : [0, undefined];
    if (fault?.drop === true) return request.socket.destroy();
    response.writeHead(fault?.status ?? status, { "content-type": "application/json", ...fault?.headers });
    response.end(JSON.stringify(fault === undefined ? body : (fault.body ?? null)));
  };

  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    resource: {
      backend: "dbt_platform",
      base_url: `${url}/`,
      account_id: Number(ACCOUNT),
      job_id: JOB,
      token: PLATFORM_TOKEN,
    },
    received,
    started: () => runs.map(({ id }) => id),
    cancelled: () => runs.flatMap(({ id, isCancelled }) => (isCancelled ? [id] : [])),
    fault: (fault) => void faults.push({ ...fault, left: fault.times }),
  };
}

/** A run as the API shows it; what is related to it only where it was asked for. */
function shown(run: Run, related: readonly string[]) {
  const { statuses, steps = [], can_retry = false } = run.plan;
  const planned = statuses[Math.min(Math.max(run.looks, 1), statuses.length) - 1] ?? 1;
  const status = run.isCancelled ? 30 : planned;
  return {
    id: run.id,
    job_definition_id: Number(JOB),
    status,
    is_complete: status >= 10,
    is_success: status === 10,
    is_error: status === 20,
    is_cancelled: status === 30,
    href: `https://platform.example/run/${run.id}`,
    status_message: null,
    can_retry: status === 20 && can_retry,
    trigger: related.includes("trigger") ? { cause: run.cause } : null,
    run_steps: related.includes("run_steps")
      ? steps.map(({ name }, index) => ({ index: index + 1, name, status }))
      : null,
  };
}

function data(content: unknown, code = 200): readonly [number, unknown] {
  return [code, { data: content, status: { code, is_success: true, user_message: "Success!" } }];
}

function refused(code: number, user_message: string): readonly [number, unknown] {
  return [code, { data: null, status: { code, is_success: false, user_message, developer_message: "" } }];
}
