import * as z from "zod";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Scheme, host and port of an HTTP API that a token is sent to; a trailing slash goes, because the dbt platform does not know `//`. */
export const apiHost = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const problem = url === null ? "is no URL" : problemOf(url);
  if (url !== null && problem === null) return url.origin;
  context.addIssue({ code: "custom", message: problem ?? "is no URL" });
  return z.NEVER;
});

function problemOf(url: URL): string | null {
  if (url.username !== "" || url.password !== "") return "carries user name or password";
  if (url.protocol !== "https:" && !(url.protocol === "http:" && LOOPBACK.test(url.hostname))) {
    return "is not https, which only an address of this machine may be";
  }
  return url.pathname !== "/" || url.search !== "" || url.hash !== ""
    ? "has more than scheme, host and port"
    : null;
}

/** Anything outside visible ASCII cannot be sent in a header, and a `$` begins a reference that nobody resolved. */
export const secretToken = z
  .string()
  .trim()
  .regex(/^(?!\$)[\x21-\x7e]+$/, "must be a token, as a rule as a reference to a secret variable ($var:…)");

/** An id of the dbt platform, as a number or its digits. */
export const platformId = z
  .union(
    [z.number().int().positive().transform(String), z.string().regex(/^[1-9]\d*$/, "must be a number")],
    "must be a number",
  )
  .pipe(z.string());

export const vars = z.record(z.string(), z.json()).optional();

export const target = z.string().min(1, "must be the name of a target").optional();

export const timeoutSeconds = (fallback: number, most = 86_400) =>
  z.number().positive().max(most).default(fallback);
