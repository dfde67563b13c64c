import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { onTestFinished } from "vitest";

/** One request of the driver, as JSON. */
export interface WireRequest {
  readonly path: string;
  readonly requestId: string | null;
  readonly body: {
    readonly sqlText?: string;
    readonly asyncExec?: boolean;
    readonly data?: Record<string, unknown>;
  };
}

/**
 * What to do with a request: pass it on, lose its answer after it was carried out, never answer and do nothing, answer something else, or
 * pass it on and change what was answered.
 */
export type WireFault =
  | "pass"
  | "lose_answer"
  | "hang"
  | { readonly status: number; readonly body: object }
  | ((answer: WireAnswer) => object);

/** What Snowflake answers to a statement, as far as a test changes it. */
export interface WireAnswer {
  readonly data: { readonly rowset: readonly unknown[]; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export interface Wire {
  /** To be used as `access_url`. */
  readonly url: string;
  readonly requests: readonly WireRequest[];
}

/** A real HTTP proxy before the emulator, that does to each request what `fault` says. */
export async function wireTo(emulator: string, fault: (request: WireRequest) => WireFault): Promise<Wire> {
  const requests: WireRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const bytes = await bytesOf(incoming);
    const seen = wireRequest(incoming, bytes);
    requests.push(seen);
    const what = fault(seen);
    if (typeof what === "object") {
      outgoing.writeHead(what.status, { "content-type": "application/json" }).end(JSON.stringify(what.body));
      return;
    }
    if (what === "hang") return;
    const { method, headers } = incoming;
    const passed = request(new URL(incoming.url ?? "/", emulator), { method, headers }, async (answer) => {
      const said = await bytesOf(answer);
      if (what === "lose_answer") incoming.socket.destroy();
      else if (typeof what === "function") {
        const changed = what(JSON.parse(said.toString("utf8")) as WireAnswer);
        outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(changed));
      } else outgoing.writeHead(answer.statusCode ?? 500, answer.headers).end(said);
    });
    passed.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function wireRequest(incoming: IncomingMessage, bytes: Buffer): WireRequest {
  const url = new URL(incoming.url ?? "/", "http://wire");
  const text = incoming.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
  return {
    path: url.pathname,
    requestId: url.searchParams.get("requestId"),
    body: text.length === 0 ? {} : (JSON.parse(text.toString("utf8")) as WireRequest["body"]),
  };
}
