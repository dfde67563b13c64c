import { RetlError } from "../sync/error.ts";

/** Windmill's resource type `hubspot`; `base_url` is for a test portal's stand-in or a proxy of your own. */
export interface HubSpotResource {
  readonly token: string;
  /** Scheme and host; `https://api.hubapi.com` when absent. */
  readonly base_url?: string | undefined;
}

/** Where and as whom HubSpot is asked. */
export interface ConnectionSettings {
  /** Scheme and host, without a path: `https://api.hubapi.com`. */
  readonly baseUrl: string;
  readonly token: string;
  readonly timeoutMs: number;
}

const HUBSPOT_HOST = "https://api.hubapi.com";
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const UNTOUCHED = "Nothing was sent.";

/** Throws `RETL_CONFIG` without a usable token and `RETL_HUBSPOT_HOST` for a host that the token must not go to. */
export function connectionSettings(resource: HubSpotResource, timeoutMs: number): ConnectionSettings {
  return { baseUrl: baseUrlOf(resource.base_url), token: tokenOf(resource), timeoutMs };
}

function tokenOf(resource: HubSpotResource): string {
  const token = typeof resource.token === "string" ? resource.token.trim() : "";
  // Anything outside visible ASCII cannot be sent in a header, and fetch would name it in its error.
  if (token === "" || token.startsWith("$") || !/^[\x21-\x7e]+$/.test(token)) {
    throw new RetlError("RETL_CONFIG", {
      what: "The HubSpot resource has no usable `token`.",
      state: UNTOUCHED,
      next: "Store the service key (pat-…) in a Windmill variable and let the resource's `token` refer to it as `$var:<path>`.",
    });
  }
  return token;
}

function baseUrlOf(configured: string | undefined): string {
  if (configured === undefined || configured === null || configured === "") return HUBSPOT_HOST;
  const url = URL.canParse(configured) ? new URL(configured) : null;
  const problem = url === null ? "is no URL" : problemOf(url);
  if (url === null || problem !== null) {
    throw new RetlError("RETL_HUBSPOT_HOST", {
      what: `The HubSpot resource's \`base_url\` ${problem}.`,
      state: UNTOUCHED,
      next: `Remove it to use ${HUBSPOT_HOST}, or give scheme and host only, https except on this machine.`,
    });
  }
  return url.origin;
}

function problemOf(url: URL): string | null {
  if (url.username !== "" || url.password !== "") return "carries user name or password";
  if (url.protocol !== "https:" && !(url.protocol === "http:" && LOOPBACK.test(url.hostname))) {
    return "is not https, which only an address of this machine may be";
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") return "has more than scheme and host";
  return null;
}
