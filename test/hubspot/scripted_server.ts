import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly inputs: readonly ReceivedInput[];
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ReceivedInput {
  readonly id?: string;
  readonly idProperty?: string;
  readonly objectWriteTraceId?: string;
  readonly properties?: Readonly<Record<string, string>>;
}

/** `body` undefined: an empty one. `drop`: no answer at all. `delayMs`: the answer takes that long. */
export interface Scripted {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly drop?: boolean;
  readonly delayMs?: number;
}

export interface ScriptedServer {
  readonly baseUrl: string;
  readonly received: Received[];
  /** Requests whose connection the client closed before the answer. */
  readonly aborted: () => number;
  close(): Promise<void>;
}

/** An HTTP server whose answer to each request is what the test says. */
export async function startScriptedServer(
  answer: (request: Received, number: number) => Scripted | Promise<Scripted>,
): Promise<ScriptedServer> {
  const received: Received[] = [];
  let aborted = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const body = text === "" ? {} : JSON.parse(text);
    const arrived: Received = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      inputs: body.inputs ?? [],
      body,
    };
    received.push(arrived);
    response.on("close", () => {
      if (!response.writableFinished) aborted += 1;
    });
    const scripted = await answer(arrived, received.length);
    if (scripted.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, scripted.delayMs));
    if (scripted.drop === true) return request.socket.destroy();
    response.writeHead(scripted.status ?? 200, { "content-type": "application/json", ...scripted.headers });
    const { body: answered } = scripted;
    response.end(
      answered === undefined ? undefined : typeof answered === "string" ? answered : JSON.stringify(answered),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    aborted: () => aborted,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** HubSpot's answer to a batch write that did everything it was asked. */
export function allWritten(request: Received, extra: Readonly<Record<string, unknown>> = {}): Scripted {
  const results = request.inputs.map((input) => ({
    id: `9${input.id ?? input.objectWriteTraceId}`,
    properties: input.properties,
    objectWriteTraceId: input.objectWriteTraceId,
    ...extra,
  }));
  return { status: request.path.endsWith("create") ? 201 : 200, body: { status: "COMPLETE", results } };
}

/** HubSpot's answer to a batch read by record id that finds every record. */
export function allRead(
  request: Received,
  propertiesOf: (id: string) => Readonly<Record<string, string | null>> = () => ({}),
): Scripted {
  const results = request.inputs.map(({ id = "" }) => ({ id, properties: propertiesOf(id) }));
  return { status: 200, body: { status: "COMPLETE", results } };
}

export function refused(status: number, category: string, message: string): Scripted {
  return {
    status,
    body: { status: "error", category, message, correlationId: "11111111-1111-4111-8111-111111111111" },
  };
}
