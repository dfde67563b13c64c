import pRetry, { AbortError } from "p-retry";

/** A HubSpot as the demo itself talks to it: to prepare properties and to check contacts, never to sync. */
export interface HubSpotAccess {
  /** Scheme and host. */
  readonly url: string;
  readonly token: string;
}

/** HubSpot answered something else than a 2xx; the message has its status and its own words. */
export class HubSpotRefusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const TRIES = 12;
const REQUEST_TIMEOUT_MS = 30_000;

/**
 * One request to HubSpot's API, answered with its JSON. A 429, a 5xx and a broken connection are tried again for about a minute.
 * Throws `HubSpotRefusal` for every other answer outside 2xx.
 */
export function callHubSpot(
  access: HubSpotAccess,
  method: "GET" | "POST",
  path: string,
  body?: unknown,
): Promise<unknown> {
  return pRetry(() => request(access, method, path, body), {
    retries: TRIES - 1,
    minTimeout: 500,
    maxTimeout: 8_000,
    factor: 1.6,
  });
}

async function request(access: HubSpotAccess, method: string, path: string, body: unknown): Promise<unknown> {
  const answer = await fetch(access.url + path, {
    method,
    headers: {
      authorization: `Bearer ${access.token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    redirect: "error",
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new Error(`HubSpot at ${access.url} cannot be reached: ${reasonOf(error)}`);
  });
  const text = await answer.text();
  if (answer.ok) return text === "" ? null : JSON.parse(text);
  const message = `HubSpot answered ${method} ${path.split("?")[0]} with ${answer.status}: ${messageOf(text)}`;
  const refusal = new HubSpotRefusal(answer.status, message);
  throw answer.status === 429 || answer.status >= 500 ? refusal : new AbortError(refusal);
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message : message;
}

function messageOf(text: string): string {
  try {
    return String((JSON.parse(text) as { message?: unknown }).message ?? "no message");
  } catch {
    return "no JSON";
  }
}
