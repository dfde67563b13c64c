/** Codes that no connection that was once made can give, whatever the system call. */
const NEVER_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
  "ConnectionRefused",
  "FailedToOpenSocket",
]);

/** A certificate is checked before the request is written. */
const CERTIFICATE = /^(ERR_TLS_CERT_|CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET)_)/;

export interface NetworkFailure {
  /** True when the request certainly never left: nobody listened, the name has no address, the certificate is wrong. */
  readonly neverSent: boolean;
  /** The runtime's code, such as `ECONNRESET`; `UNKNOWN` when it gave none. */
  readonly code: string;
}

/**
 * Reads what `fetch` threw, on Node (`TypeError` with a cause), Bun (own codes) and Deno (text only).
 * Anything that is not recognised counts as sent.
 */
export function networkFailure(error: unknown): NetworkFailure {
  const leaves = leavesOf(error, 0);
  const code = leaves.map(codeOf).find((found) => found !== null) ?? "UNKNOWN";
  return { neverSent: leaves.length > 0 && leaves.every(isBeforeSending), code };
}

/** The causes at the bottom: an `AggregateError` has one for each address that was tried. */
function leavesOf(error: unknown, depth: number): readonly unknown[] {
  if (typeof error !== "object" || error === null || depth > 8) return [error];
  if ("errors" in error && Array.isArray(error.errors) && error.errors.length > 0) {
    return error.errors.flatMap((inner) => leavesOf(inner, depth + 1));
  }
  if ("cause" in error && error.cause !== undefined) return leavesOf(error.cause, depth + 1);
  return [error];
}

function codeOf(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("code" in error)) return null;
  return typeof error.code === "string" && /^\w{1,64}$/.test(error.code) ? error.code : null;
}

function isBeforeSending(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== null && (NEVER_CONNECTED.has(code) || CERTIFICATE.test(code))) return true;
  if (typeof error !== "object" || error === null) return false;
  if ("syscall" in error && (error.syscall === "connect" || error.syscall === "getaddrinfo")) return true;
  return error instanceof Error && /client error \(Connect\)/.test(error.message);
}
