import type { HubSpotAnswer } from "../sync/hubspot_port.ts";
import { networkFailure } from "./network_failure.ts";

export interface OutgoingRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface HttpSettings {
  /** From sending to the last byte of the body; then the request is aborted. */
  readonly timeoutMs: number;
  /** Replaced by `[secret]` wherever the answer repeats it. */
  readonly secret: string;
}

/**
 * Sends one request once and gives back what came, unread: status, headers and body text.
 * Never throws for what the network does; follows no redirect, so that the token stays with the host it is meant for.
 */
export async function sendOnce(request: OutgoingRequest, settings: HttpSettings): Promise<HubSpotAnswer> {
  const startedAt = performance.now();
  const latencyMs = () => Math.round(performance.now() - startedAt);
  const abort = new AbortController();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    abort.abort();
  }, settings.timeoutMs);
  const hide = (text: string) => text.replaceAll(settings.secret, "[secret]");
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: request.headers,
      // Deno sends a body that it can read twice a second time when a reused connection is lost (denoland/deno#35610); a Blob it cannot.
      ...(request.body === undefined ? {} : { body: new Blob([request.body]) }),
      redirect: "manual",
      signal: abort.signal,
    });
    const body = await response.text();
    const headers: Record<string, string> = {};
    response.headers.forEach((value, name) => {
      headers[name.toLowerCase()] = hide(value);
    });
    return { kind: "answered", status: response.status, headers, body: hide(body), latencyMs: latencyMs() };
  } catch (error) {
    if (timedOut) {
      return {
        kind: "unanswered",
        reason: "timeout",
        maybeApplied: true,
        message: `no answer within ${settings.timeoutMs} ms; the request was aborted`,
        latencyMs: latencyMs(),
      };
    }
    const failure = networkFailure(error);
    return {
      kind: "unanswered",
      reason: failure.neverSent ? "not_connected" : "connection_lost",
      maybeApplied: !failure.neverSent,
      message: failure.neverSent
        ? `no connection to HubSpot (${failure.code})`
        : `the connection was lost before the answer was complete (${failure.code})`,
      latencyMs: latencyMs(),
    };
  } finally {
    clearTimeout(timer);
  }
}
