import { createServer, type Socket } from "node:net";
import type { AtEnd } from "../../support/temporary_folder.ts";

const HALF_AN_ANSWER =
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"results';

/** What a server does with a connection on which a request has arrived. */
const BEHAVIOURS = {
  reset: (socket: Socket) => socket.resetAndDestroy(),
  closed: (socket: Socket) => socket.destroy(),
  reset_in_the_body: (socket: Socket) =>
    socket.write(HALF_AN_ANSWER, () => setTimeout(() => socket.resetAndDestroy(), 30)),
  closed_in_the_body: (socket: Socket) =>
    socket.write(HALF_AN_ANSWER, () => setTimeout(() => socket.destroy(), 30)),
  not_http: (socket: Socket) => socket.end("hello\r\n\r\n"),
  silent: () => undefined,
  silent_in_the_body: (socket: Socket) => socket.write(HALF_AN_ANSWER),
};

export type Trouble = keyof typeof BEHAVIOURS | "refused";

/** One address for every way in which a network fails, on this machine. */
export async function troubledServers(atEnd: AtEnd): Promise<Readonly<Record<Trouble, string>>> {
  const urls = await Promise.all(
    Object.entries(BEHAVIOURS).map(async ([name, behave]) => [name, await listen(behave, atEnd)] as const),
  );
  return { ...Object.fromEntries(urls), refused: await nobody() } as Record<Trouble, string>;
}

/** What the client is to make of each, whatever the runtime calls the error: what may have been applied is never taken for unsent. */
export function judgements(): Readonly<Record<Trouble, object>> {
  const wait = { kind: "wait", seconds: 1, atLeast: false, limited: false };
  const unanswered = (reason: string, maybeApplied: boolean) => ({
    kind: "unanswered",
    reason,
    maybeApplied,
    verdict: { ...wait, applied: maybeApplied ? "maybe" : "no", code: reason.toUpperCase() },
  });
  const lost = unanswered("connection_lost", true);
  const late = unanswered("timeout", true);
  return {
    refused: unanswered("not_connected", false),
    reset: lost,
    closed: lost,
    reset_in_the_body: lost,
    closed_in_the_body: lost,
    not_http: lost,
    silent: late,
    silent_in_the_body: late,
  };
}

async function listen(behave: (socket: Socket) => unknown, atEnd: AtEnd): Promise<string> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
    socket.once("data", () => behave(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return urlOf(server.address());
}

/** An address that nobody listens at. */
async function nobody(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = urlOf(server.address());
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return url;
}

function urlOf(address: unknown): string {
  return `http://127.0.0.1:${(address as { port: number }).port}`;
}
