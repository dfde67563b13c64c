import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type Clock, systemClock } from "../../f/reverse_etl/sync/clock.ts";
import { exchange, type WireReply } from "./exchange.ts";
import { addInspection } from "./inspection.ts";
import type { Route } from "./route.ts";
import { ACCOUNT_ROUTES } from "./routes_account.ts";
import { ASSOCIATION_ROUTES } from "./routes_association.ts";
import { BATCH_ROUTES } from "./routes_batch.ts";
import { PROPERTY_ROUTES } from "./routes_property.ts";
import { RECORD_ROUTES } from "./routes_record.ts";
import { type SimulatorOptions, settingsSchema } from "./settings.ts";
import { Simulator } from "./simulator.ts";
import { loadState, saveState } from "./state_file.ts";

/** A hundred inputs with a few texts of the longest kind. */
const BODY_LIMIT = 32 * 1024 * 1024;

export interface StartOptions extends SimulatorOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly host?: string;
  /** Where the records are read from at the start and written to at the end; JSON lines. */
  readonly stateFile?: string;
  readonly clock?: Clock;
}

export interface RunningSimulator {
  readonly url: string;
  readonly port: number;
  readonly simulator: Simulator;
  /** Ends every connection, and writes the state file when there is one. */
  close(): Promise<void>;
}

/** Starts a HubSpot that listens on this machine only. Throws a `ZodError` that names every wrong option. */
export async function startSimulator(options: StartOptions = {}): Promise<RunningSimulator> {
  const { port = 0, host = "127.0.0.1", stateFile, clock = systemClock, ...rest } = options;
  const simulator = new Simulator(settingsSchema.parse(rest), clock);
  if (stateFile !== undefined) await loadState(simulator.portal, stateFile);
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 4096 },
  });
  takeBodiesAsText(app);
  addInspection(app, simulator);
  for (const route of [
    ...ACCOUNT_ROUTES,
    ...ASSOCIATION_ROUTES,
    ...BATCH_ROUTES,
    ...RECORD_ROUTES,
    ...PROPERTY_ROUTES,
  ]) {
    app.route({
      method: route.method,
      url: route.path,
      handler: (request, reply) => serve(simulator, route, request, reply),
    });
  }
  app.setNotFoundHandler((request, reply) => serve(simulator, null, request, reply));
  await app.listen({ port, host });
  const address = app.server.address();
  const listening = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://${host}:${listening}`,
    port: listening,
    simulator,
    async close() {
      await app.close();
      if (stateFile !== undefined) await saveState(simulator.portal, stateFile);
    },
  };
}

/** HubSpot's own answers to a wrong content type or malformed JSON are wanted, not the framework's. */
function takeBodiesAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
}

async function serve(
  simulator: Simulator,
  route: Route | null,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { counters, clock, settings } = simulator;
  counters.arrived(family(route, request), route?.writes ?? false, clock.now(), settings.burst.windowMs);
  let status: number | null = null;
  try {
    const wireReply = await exchange(simulator, route, {
      method: request.method,
      path: request.url,
      params: request.params as Record<string, string>,
      query: request.query as Record<string, string | string[]>,
      authorization: request.headers.authorization,
      contentType: request.headers["content-type"],
      body: typeof request.body === "string" ? request.body : "",
    });
    if (wireReply.kind === "answer") status = wireReply.status;
    if (wireReply.kind === "hang") await connectionClosed(request);
    return send(wireReply, request, reply);
  } finally {
    counters.left(status);
  }
}

function send(wireReply: WireReply, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (wireReply.kind === "answer") {
    reply.code(wireReply.status).headers(wireReply.headers);
    return wireReply.body === "" ? reply.send() : reply.send(wireReply.body);
  }
  reply.hijack();
  if (wireReply.kind === "reset") request.raw.socket.resetAndDestroy();
  else request.raw.socket.destroy();
  return reply;
}

function connectionClosed(request: FastifyRequest): Promise<void> {
  return new Promise((resolve) => {
    if (request.raw.socket.destroyed) resolve();
    else request.raw.socket.once("close", () => resolve());
  });
}

/** The path with the object's name but without ids: `POST /crm/v3/objects/contacts/batch/upsert`. */
function family(route: Route | null, request: FastifyRequest): string {
  if (route === null) return `${request.method} unknown path`;
  const { type = "", to = "" } = request.params as Record<string, string>;
  return `${request.method} ${route.path.replace(":type", type).replace(":to", to)}`;
}
