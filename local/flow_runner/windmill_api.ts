import { randomUUID } from "node:crypto";
import { type FastifyReply, fastify } from "fastify";
import { setClient } from "windmill-client";
import type { FlowEvent } from "./flow_run.ts";
import type { StepEnvironment } from "./step_environment.ts";
import { MissingValue, readResource, readVariable, type Workspace } from "./workspace_value.ts";

export interface WindmillApi {
  /** `http://127.0.0.1:<port>`, without `/api`. */
  readonly url: string;
  /** What a job finds in its environment on Windmill: pass it to `runFlow` as `environment`. */
  readonly env: StepEnvironment;
  /** Percent (0 to 99) that a script last reported by `setProgress`, by job id. */
  readonly progress: ReadonlyMap<string, number>;
  /** Makes jobs known to `getRootJobId`: pass the events of `runFlow` on. */
  observe(event: FlowEvent): void;
  /** Points the windmill-client of this process at this server. */
  connectClient(): void;
  close(): Promise<void>;
}

export interface WindmillApiOptions extends Workspace {
  readonly onProgress?: (jobId: string, percent: number) => void;
}

const WORKSPACE = "local";

/**
 * Windmill's HTTP API on loopback, as far as scripts call it through windmill-client 1.818.0: `getVariable`,
 * `getResource`, `setProgress`, `getProgress`, `getRootJobId`. Everything else is a 404 that says so. A
 * variable or resource that is not in the maps is Windmill's 404.
 *
 * windmill-client reads the server's address and the token **once, when it is first imported**
 * (core/OpenAPI.mjs), and everything else, such as `WM_WORKSPACE` and `WM_JOB_ID`, at each call. So the
 * environment alone reaches a client that nobody has imported yet; `connectClient` calls its `setClient`,
 * which always works. One process has one client, so one server at a time.
 */
export async function startWindmillApi(options: WindmillApiOptions): Promise<WindmillApi> {
  const token = randomUUID();
  const progress = new Map<string, number>();
  const rootJobs = new Map<string, string>();
  const server = fastify({ forceCloseConnections: true });

  server.addHook("onRequest", async (request, reply) => {
    if (request.headers.authorization !== `Bearer ${token}`) {
      return reply.code(401).type("text/plain").send("Unauthorized: the token is not this server's");
    }
  });
  server.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .type("text/plain")
      .send(`Not found: the local Windmill API does not answer ${request.method} ${request.url}`),
  );

  const base = "/api/w/:workspace";
  server.get<PathParameter>(`${base}/variables/get_value/*`, (request, reply) =>
    answer(reply, () => readVariable(options, request.params["*"])),
  );
  for (const operation of ["get_value", "get_value_interpolated"]) {
    server.get<PathParameter>(`${base}/resources/${operation}/*`, (request, reply) =>
      answer(reply, () => readResource(options, request.params["*"])),
    );
  }
  server.get<IdParameter>(`${base}/jobs_u/get_root_job_id/:id`, (request, reply) =>
    answer(reply, () => {
      const root = rootJobs.get(request.params.id);
      if (root === undefined) throw new MissingValue(`Not found: Job ${request.params.id} not found`);
      return root;
    }),
  );
  server.post<IdParameter & { Body: { percent: number } }>(
    `${base}/job_metrics/set_progress/:id`,
    {
      schema: {
        body: { type: "object", required: ["percent"], properties: { percent: { type: "number" } } },
      },
    },
    (request, reply) => {
      const percent = Math.max(progress.get(request.params.id) ?? 0, Math.min(99, request.body.percent));
      progress.set(request.params.id, percent);
      options.onProgress?.(request.params.id, percent);
      return answer(reply, () => null);
    },
  );
  server.get<IdParameter>(`${base}/job_metrics/get_progress/:id`, (request, reply) =>
    answer(reply, () => progress.get(request.params.id) ?? null),
  );

  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    url,
    env: {
      BASE_INTERNAL_URL: url,
      BASE_URL: url,
      WM_BASE_URL: url,
      WM_TOKEN: token,
      WM_WORKSPACE: WORKSPACE,
    },
    progress,
    observe(event) {
      if (event.kind === "job_started") rootJobs.set(event.jobId, event.rootJobId);
    },
    connectClient: () => setClient(token, url),
    close: () => server.close(),
  };
}

interface PathParameter {
  readonly Params: { readonly "*": string };
}

interface IdParameter {
  readonly Params: { readonly id: string };
}

/** JSON as Windmill sends it; a missing value is a 404 whose body is the text that Windmill has for it. */
function answer(reply: FastifyReply, read: () => unknown): FastifyReply {
  try {
    return reply.type("application/json").send(JSON.stringify(read()));
  } catch (error) {
    if (!(error instanceof MissingValue)) throw error;
    return reply.code(404).type("text/plain").send(error.message);
  }
}
