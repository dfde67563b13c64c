import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { RecordedAnswer } from "./recorded_answers.ts";

export interface AnswerServer {
  readonly baseUrl: string;
  /** The answer to every request from now on. */
  serve(recorded: RecordedAnswer): void;
  close(): Promise<void>;
}

/** Headers that describe the recorded transmission, not the one to come. */
const OF_THE_TRANSMISSION = new Set([
  "connection",
  "content-length",
  "content-encoding",
  "transfer-encoding",
  "keep-alive",
]);

/** A HubSpot that gives one recorded answer, with the trace ids of the request that really came. */
export async function startAnswerServer(): Promise<AnswerServer> {
  let current: RecordedAnswer | null = null;
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => answer(current, body, request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    serve: (recorded) => {
      current = recorded;
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

function answer(
  recorded: RecordedAnswer | null,
  requestBody: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const status = recorded?.response.status;
  if (recorded === null || status === null || status === undefined) {
    request.socket.destroy();
    return;
  }
  for (const [name, value] of Object.entries(recorded.response.headers)) {
    if (!OF_THE_TRANSMISSION.has(name.toLowerCase())) response.setHeader(name, value);
  }
  response.statusCode = status;
  const { text, body } = recorded.response;
  if (text !== undefined) response.end(text);
  else if (body === null || body === undefined) response.end();
  else response.end(JSON.stringify(withTraceIds(body, traceIds(recorded, requestBody))));
}

/** Recorded trace ids and the ones that stand in their places now. Inputs without one have none to replace. */
function traceIds(recorded: RecordedAnswer, requestBody: string): ReadonlyMap<string, string> {
  const sent =
    requestBody === "" ? {} : (JSON.parse(requestBody) as { inputs?: { objectWriteTraceId?: string }[] });
  const pairs = recorded.request.inputs.flatMap((input, index) => {
    const now = sent.inputs?.[index]?.objectWriteTraceId;
    return input.objectWriteTraceId === undefined || now === undefined
      ? []
      : [[input.objectWriteTraceId, now] as const];
  });
  return new Map(pairs);
}

function withTraceIds(value: unknown, traces: ReadonlyMap<string, string>, isTrace = false): unknown {
  if (typeof value === "string") return isTrace ? (traces.get(value) ?? value) : value;
  if (Array.isArray(value)) return value.map((item) => withTraceIds(item, traces, isTrace));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [
    name,
    withTraceIds(inner, traces, name === "objectWriteTraceId"),
  ]);
  return Object.fromEntries(entries);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
