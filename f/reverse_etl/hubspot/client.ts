import {
  BatchApi,
  type Configuration,
  createConfiguration,
  HttpMethod,
  type RequestContext,
  type ResponseContext,
  ServerConfiguration,
  wrapHttpLibrary,
} from "@hubspot/api-client/lib/codegen/crm/objects/index.js";
import type { HubSpot, HubSpotAnswer, ReadRequest, WriteCall, WriteInput } from "../sync/hubspot_port.ts";
import { unconfirmed } from "./echoed_value.ts";
import { sendOnce } from "./http_api.ts";
import { judge } from "./judge_answer.ts";
import { judgeRead } from "./judge_read.ts";

export interface ClientSettings {
  /** Scheme and host, without a path: `https://api.hubapi.com`. */
  readonly baseUrl: string;
  readonly token: string;
  readonly timeoutMs: number;
}

/** Ends the client's handling of an answer, which would drop whatever its models do not know. */
class AnswerTaken extends Error {}

/**
 * HubSpot through the official client's generated batch API: it builds the requests; sending them and reading the
 * answers is ours, because its retries repeat creates, it has no timeout, and its models lose trace ids and errors
 * (@hubspot/api-client 13.5.0, measured 2026-11).
 */
export function createHubSpot(settings: ClientSettings): HubSpot {
  const send = (run: (configuration: Configuration) => Promise<unknown>) => captured(settings, run);
  return {
    write: (call) => send((configuration) => writeThrough(new BatchApi(configuration), call)),
    read: (request) => send((configuration) => readThrough(new BatchApi(configuration), request)),
    properties: (objectType, archived = false) =>
      send((configuration) =>
        plain(configuration, `${propertiesPath(objectType)}${archived ? "?archived=true" : ""}`),
      ),
    createProperties: (objectType, inputs) =>
      send((configuration) => plain(configuration, `${propertiesPath(objectType)}/batch/create`, { inputs })),
    tokenScopes: () =>
      send((configuration) =>
        plain(configuration, "/oauth/v2/private-apps/get/access-token-info", { tokenKey: settings.token }),
      ),
    judge,
    judgeRead,
    unconfirmed,
  };
}

function propertiesPath(objectType: string): string {
  return `/crm/v3/properties/${encodeURIComponent(objectType)}`;
}

/** A request that the batch API has no method for: a GET, or a POST of a body. */
async function plain(configuration: Configuration, path: string, body?: object): Promise<void> {
  const method = body === undefined ? HttpMethod.GET : HttpMethod.POST;
  const request = configuration.baseServer.makeRequestContext(path, method);
  if (body !== undefined) {
    request.setHeaderParam("Content-Type", "application/json");
    request.setBody(JSON.stringify(body));
  }
  await configuration.authMethods.oauth2?.applySecurityAuthentication(request);
  await configuration.httpApi.send(request).toPromise();
}

/** Runs one request of the client and hands back the raw answer to it. */
async function captured(
  settings: ClientSettings,
  run: (configuration: Configuration) => Promise<unknown>,
): Promise<HubSpotAnswer> {
  let answer: HubSpotAnswer | undefined;
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(settings.baseUrl, {}),
    authMethods: { oauth2: { accessToken: settings.token } },
    httpApi: wrapHttpLibrary({
      async send(request: RequestContext): Promise<ResponseContext> {
        const body = request.getBody();
        answer = await sendOnce(
          {
            url: request.getUrl(),
            method: request.getHttpMethod(),
            headers: request.getHeaders(),
            body: typeof body === "string" ? body : undefined,
          },
          { timeoutMs: settings.timeoutMs, secret: settings.token },
        );
        throw new AnswerTaken();
      },
    }),
  });
  try {
    await run(configuration);
  } catch (error) {
    if (!(error instanceof AnswerTaken)) throw error;
  }
  if (answer === undefined) throw new Error("the HubSpot client finished without sending its request");
  return answer;
}

function writeThrough(api: BatchApi, call: WriteCall): Promise<unknown> {
  const { objectType, inputs } = call;
  switch (call.action) {
    case "create":
      return api.create(objectType, {
        inputs: inputs.map((input) => ({
          objectWriteTraceId: input.traceId,
          properties: { ...input.properties },
          associations: [],
        })),
      });
    case "update":
      return api.update(objectType, { inputs: inputs.map(identified) });
    case "upsert":
      return api.upsert(objectType, { inputs: inputs.map(identified) });
    case "archive":
      return api.archive(objectType, { inputs: inputs.map((input) => ({ id: input.id ?? "" })) });
  }
}

function identified(input: WriteInput) {
  return {
    objectWriteTraceId: input.traceId,
    id: input.id ?? "",
    ...(input.idProperty === undefined ? {} : { idProperty: input.idProperty }),
    properties: { ...input.properties },
  };
}

function readThrough(api: BatchApi, request: ReadRequest): Promise<unknown> {
  return api.read(request.objectType, {
    inputs: request.ids.map((id) => ({ id })),
    properties: [...request.properties],
    propertiesWithHistory: [],
    ...(request.idProperty === null ? {} : { idProperty: request.idProperty }),
  });
}
