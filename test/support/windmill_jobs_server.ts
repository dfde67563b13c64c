import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { setClient } from "windmill-client";

export const WINDMILL_TOKEN = "canary-windmill-token";
const WORKSPACE = "shop";

/** How a job goes: it is running for `looks` looks and then ends with this. */
export interface JobPlan {
  readonly looks?: number;
  readonly success?: boolean;
  readonly result?: unknown;
}

export interface WindmillRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

export interface WindmillJobsServer {
  readonly received: readonly WindmillRequest[];
  readonly started: readonly { readonly id: string; readonly path: string; readonly parent: string | null }[];
  readonly cancelled: readonly string[];
  /** The next `times` requests to this path get this status, or no answer: before (or, with `after`, after) they were carried out. */
  fault(path: RegExp, times: number, answer: number | "drop", after?: boolean): void;
}

/**
 * Windmill's job API on loopback, as windmill-client 1.818.0 calls it to run a script under an id of the caller's (a second job of an id is a
 * 400), to look at it, to ask for its result and to cancel it. Every job goes as the plan says; the client of this process is pointed here.
 */
export async function startWindmillJobs(
  plan: JobPlan,
  scripts: readonly string[],
): Promise<WindmillJobsServer> {
  const jobs = new Map<string, { looks: number }>();
  const received: WindmillRequest[] = [];
  const started: { id: string; path: string; parent: string | null }[] = [];
  const cancelled: string[] = [];
  const faults: { path: RegExp; left: number; answer: number | "drop"; after: boolean }[] = [];

  const answer = (request: WindmillRequest): readonly [status: number, body: unknown] => {
    const { pathname, searchParams } = new URL(request.path, "http://windmill");
    const path = pathname.replace(`/api/w/${WORKSPACE}/`, "");
    const script = /^jobs\/run\/p\/(.+)$/.exec(path)?.[1];
    if (request.method === "POST" && script !== undefined) {
      const id = searchParams.get("job_id") ?? "";
      if (!scripts.includes(script)) return [404, `Not found: script not found at ${script}`];
      if (jobs.has(id)) return [400, `Bad request: Job with id ${id} already exists`];
      jobs.set(id, { looks: 0 });
      started.push({ id, path: script, parent: searchParams.get("parent_job") });
      return [201, id];
    }
    const [, action, id = ""] =
      /^jobs_u\/(get|completed\/get_result_maybe|queue\/cancel)\/([^/]+)$/.exec(path) ?? [];
    const job = jobs.get(id);
    if (job === undefined) return [404, `Not found: Job ${id} not found`];
    if (action === "get") return [200, { id, type: "QueuedJob" }];
    if (action === "queue/cancel") {
      cancelled.push(id);
      return [200, id];
    }
    job.looks += 1;
    return job.looks <= (plan.looks ?? 0)
      ? [200, { completed: false, result: null }]
      : [200, { completed: true, success: plan.success ?? true, result: plan.result ?? null }];
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const { method = "", url: path = "" } = request;
    const arrived = { method, path, body: text === "" ? null : JSON.parse(text) };
    received.push(arrived);
    const isKnown = request.headers.authorization === `Bearer ${WINDMILL_TOKEN}`;
    const fault = faults.find((rule) => rule.left > 0 && rule.path.test(path));
    const [status, body] =
      fault !== undefined && !fault.after ? [0, ""] : isKnown ? answer(arrived) : [401, "Unauthorized"];
    if (fault !== undefined) fault.left -= 1;
    if (fault?.answer === "drop") return request.socket.destroy();
    const isText = typeof body === "string";
    response.writeHead(fault?.answer ?? status, {
      "content-type": isText ? "text/plain" : "application/json",
    });
    response.end(isText ? body : JSON.stringify(body));
  };

  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  setClient(WINDMILL_TOKEN, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const before = process.env.WM_WORKSPACE;
  process.env.WM_WORKSPACE = WORKSPACE;
  onTestFinished(() => {
    if (before === undefined) delete process.env.WM_WORKSPACE;
    else process.env.WM_WORKSPACE = before;
    server.closeAllConnections();
    server.close();
  });
  return {
    received,
    started,
    cancelled,
    fault: (path, times, answer, after = false) => void faults.push({ path, left: times, answer, after }),
  };
}
