import { createPrivateKey } from "node:crypto";
import { RetlError } from "../sync/error.ts";

/** How a session proves who it is. */
export type SnowflakeCredential =
  | { readonly kind: "key_pair"; readonly username: string; readonly privateKey: string }
  | { readonly kind: "oauth"; readonly token: string }
  | { readonly kind: "programmatic_access_token"; readonly token: string }
  | { readonly kind: "password"; readonly username: string; readonly password: string };

/** What a `snowflake` or `snowflake_oauth` resource says, checked. */
export interface SnowflakeSettings {
  readonly account: string;
  /** Scheme, host and port instead of the account's own; null for that. */
  readonly accessUrl: string | null;
  readonly credential: SnowflakeCredential;
  readonly warehouse: string;
  readonly database: string;
  readonly schema: string | null;
  readonly role: string | null;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** The form of an account identifier (docs.snowflake.com, admin-account-identifier, read 2026-11); the driver asks for the same. */
const ACCOUNT = /^\w+([.-]\w+)*$/;

/**
 * Reads Windmill's resource types `snowflake` and `snowflake_oauth` as they are, and beside them `access_url` (PrivateLink, a proxy, an
 * emulator), `private_key_passphrase`, `programmatic_access_token`, and for an emulator on this machine `password`. Empty fields count
 * as absent.
 * Throws `RETL_CONFIG` with every problem; no value of the resource is in it.
 */
export function parseSnowflakeResource(resource: Readonly<Record<string, unknown>>): SnowflakeSettings {
  const problems: string[] = [];
  const text = (field: string): string | null => {
    const value = resource[field];
    if (value === undefined || value === null || value === "") return null;
    if (typeof value !== "string") problems.push(`${field}: must be a text`);
    else if (value.startsWith("$")) problems.push(`${field}: refers to a variable that was not resolved`);
    else return value.trim();
    return null;
  };
  const required = (field: string): string => {
    const before = problems.length;
    const value = text(field);
    if (value === null && problems.length === before) problems.push(`${field}: is missing`);
    return value ?? "";
  };

  const url = accessUrl(text("access_url"), problems);
  const account = required("account_identifier");
  if (account !== "" && !ACCOUNT.test(account)) {
    problems.push("account_identifier: must look like organization-account, without .snowflakecomputing.com");
  }
  const settings = {
    account,
    accessUrl: url?.origin ?? null,
    warehouse: required("warehouse"),
    database: required("database"),
    schema: text("schema"),
    role: text("role"),
  };
  const onThisMachine = url !== null && LOOPBACK.test(url.hostname);
  const credential = credentialOf(text, required, onThisMachine, problems);
  if (problems.length > 0 || credential === null) throw invalid(problems);
  return { ...settings, credential };
}

function credentialOf(
  text: (field: string) => string | null,
  required: (field: string) => string,
  onThisMachine: boolean,
  problems: string[],
): SnowflakeCredential | null {
  const given = {
    private_key: text("private_key"),
    token: text("token"),
    programmatic_access_token: text("programmatic_access_token"),
    password: text("password"),
  };
  const names = Object.entries(given).flatMap(([name, value]) => (value === null ? [] : [name]));
  if (names.length > 1) problems.push(`${names.join(", ")}: only one of them can be the credential`);
  const passphrase = text("private_key_passphrase");
  if (given.private_key !== null) {
    const privateKey = pkcs8(given.private_key, passphrase);
    if (privateKey === null) {
      problems.push(
        passphrase === null
          ? "private_key: is not a private key in PEM form (PKCS#8 or PKCS#1), or is encrypted and private_key_passphrase is missing"
          : "private_key: is not a private key in PEM form (PKCS#8 or PKCS#1) that private_key_passphrase opens",
      );
    }
    return { kind: "key_pair", username: required("username"), privateKey: privateKey ?? "" };
  }
  if (passphrase !== null) problems.push("private_key_passphrase: is of no use without private_key");
  if (given.token !== null) return { kind: "oauth", token: given.token };
  if (given.programmatic_access_token !== null)
    return { kind: "programmatic_access_token", token: given.programmatic_access_token };
  if (given.password !== null) {
    if (!onThisMachine)
      problems.push(
        "password: is only for an emulator on this machine; use private_key, token or programmatic_access_token",
      );
    return { kind: "password", username: required("username"), password: given.password };
  }
  const reported = problems.some((problem) =>
    /^(private_key|token|programmatic_access_token|password):/.test(problem),
  );
  if (!reported) problems.push("private_key: is missing (or token, or programmatic_access_token)");
  return null;
}

/** What the driver wants: unencrypted PKCS#8 in PEM form; null for what is no private key or stays closed. */
function pkcs8(configured: string, passphrase: string | null): string | null {
  try {
    const key = createPrivateKey({
      key: pemOf(configured),
      format: "pem",
      ...(passphrase === null ? {} : { passphrase }),
    });
    return key.export({ type: "pkcs8", format: "pem" }).toString().trim();
  } catch {
    return null;
  }
}

/** A key that was pasted into a one-line field keeps its line breaks as `\n`, as blanks, or loses them; some leave out the frame. */
function pemOf(configured: string): string {
  const text = configured.replaceAll("\\r", "").replaceAll("\\n", "\n");
  const framed = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----([\s\S]*?)-----END \1-----/.exec(text);
  // Headers of an encrypted PKCS#1 key stand on lines of their own.
  if (framed?.[2]?.includes(":") === true) return text;
  const label = framed?.[1] ?? "PRIVATE KEY";
  const body = (framed?.[2] ?? text).replaceAll(/\s/g, "");
  return `-----BEGIN ${label}-----\n${body.replaceAll(/(.{64})/g, "$1\n")}\n-----END ${label}-----\n`;
}

function accessUrl(configured: string | null, problems: string[]): URL | null {
  if (configured === null) return null;
  const url = URL.canParse(configured) ? new URL(configured) : null;
  const problem = url === null ? "is no URL" : urlProblem(url);
  if (problem !== null) problems.push(`access_url: ${problem}`);
  return problem === null ? url : null;
}

function urlProblem(url: URL): string | null {
  if (url.username !== "" || url.password !== "") return "carries user name or password";
  if (url.protocol !== "https:" && !(url.protocol === "http:" && LOOPBACK.test(url.hostname))) {
    return "is not https, which only an address of this machine may be";
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "")
    return "has more than scheme, host and port";
  return null;
}

function invalid(problems: readonly string[]): RetlError {
  return new RetlError("RETL_CONFIG", {
    what: `The Snowflake resource has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:\n${problems.map((line) => `  ${line}`).join("\n")}\n`,
    state: "Nothing was read or written.",
    next: "Correct the resource in Windmill; secrets belong in variables that it refers to as $var:<path>.",
    details: { problems },
  });
}
