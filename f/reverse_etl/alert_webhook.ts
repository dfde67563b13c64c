import { networkFailure } from "./hubspot/network_failure.ts";
import { alertMessage } from "./report/alert_message.ts";
import type { AlertChange, TellAlert } from "./sync/alerts_told.ts";

/** A message that takes longer is given up, so that no run waits for it. */
const TIMEOUT_MS = 10_000;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Tells alerts through an incoming webhook in Slack's format. Its address is a secret: no answer of this module and no error carries it.
 *
 * @param resource The resource `{ url }`: https, or an address of this machine.
 */
export function alertWebhook(resource: unknown): TellAlert {
  const url = urlOf(resource);
  return async (change) => (url === null ? "its resource has no https `url`" : post(url, change));
}

async function post(url: URL, change: AlertChange): Promise<string | null> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(alertMessage(change, runUrl(change.run_id))),
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.ok ? null : `HTTP ${response.status}`;
  } catch (error) {
    const timedOut = error instanceof Error && error.name === "TimeoutError";
    return timedOut
      ? `no answer within ${TIMEOUT_MS / 1000} s`
      : `no connection, ${networkFailure(error).code}`;
  }
}

function urlOf(resource: unknown): URL | null {
  const url = typeof resource === "object" && resource !== null && "url" in resource ? resource.url : null;
  if (typeof url !== "string" || !URL.canParse(url)) return null;
  const parsed = new URL(url);
  const allowed =
    parsed.protocol === "https:" || (parsed.protocol === "http:" && LOOPBACK.test(parsed.hostname));
  return allowed ? parsed : null;
}

/** Where Windmill shows a run; null outside Windmill. */
function runUrl(runId: string | null): string | null {
  const { WM_BASE_URL: base, WM_WORKSPACE: workspace } = process.env;
  if (!base || !workspace || runId === null) return null;
  return `${base}/run/${encodeURIComponent(runId)}?workspace=${encodeURIComponent(workspace)}`;
}
