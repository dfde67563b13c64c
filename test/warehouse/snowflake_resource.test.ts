import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parseSnowflakeResource } from "../../f/reverse_etl/warehouse/snowflake_resource.ts";

const { privateKey: KEY } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PRIVATE_KEY = KEY.export({ type: "pkcs8", format: "pem" }) as string;
const PASSPHRASE = "passphrase-4711";
const LOCKED = { format: "pem", cipher: "aes-256-cbc", passphrase: PASSPHRASE } as const;

const PLACE = {
  account_identifier: "org-account",
  warehouse: "WH",
  database: "DB",
  schema: "RETL",
  role: "R",
};
const KEY_PAIR = { ...PLACE, username: "svc", private_key: PRIVATE_KEY };

function problemsOf(resource: Record<string, unknown>): string[] {
  try {
    parseSnowflakeResource(resource);
    return [];
  } catch (error) {
    expect(error).toMatchObject({ code: "RETL_CONFIG" });
    return (error as { details: { problems: string[] } }).details.problems;
  }
}

describe("Windmill's resource types are taken as they are", () => {
  it("snowflake: a key pair, with a public key that is not needed", () => {
    const settings = parseSnowflakeResource({ ...KEY_PAIR, public_key: "" });
    expect(settings).toMatchObject({ account: "org-account", accessUrl: null, database: "DB", role: "R" });
    expect(settings.credential).toMatchObject({ kind: "key_pair", username: "svc" });
  });

  it.each([
    ["with its line breaks as \\n", PRIVATE_KEY.replaceAll("\n", "\\n")],
    ["with carriage returns", PRIVATE_KEY.replaceAll("\n", "\r\n")],
    ["with blanks for its line breaks", PRIVATE_KEY.replaceAll("\n", " ")],
    ["without the lines that frame it", PRIVATE_KEY.replaceAll(/-----.*-----/g, "")],
    ["without frame and line breaks", PRIVATE_KEY.replaceAll(/-----.*-----|\n/g, "")],
    ["as PKCS#1", KEY.export({ type: "pkcs1", format: "pem" }) as string],
  ])("a key that was pasted %s is the same key", (_, private_key) => {
    expect(parseSnowflakeResource({ ...KEY_PAIR, private_key })).toEqual(parseSnowflakeResource(KEY_PAIR));
  });

  it.each([
    ["PKCS#8", KEY.export({ ...LOCKED, type: "pkcs8" }) as string],
    ["PKCS#8 in one line", (KEY.export({ ...LOCKED, type: "pkcs8" }) as string).replaceAll("\n", "\\n")],
    ["PKCS#1", KEY.export({ ...LOCKED, type: "pkcs1" }) as string],
  ])("an encrypted key (%s) is opened by private_key_passphrase", (_, private_key) => {
    const resource = { ...KEY_PAIR, private_key };
    expect(parseSnowflakeResource({ ...resource, private_key_passphrase: PASSPHRASE })).toEqual(
      parseSnowflakeResource(KEY_PAIR),
    );
    expect(problemsOf(resource)).toEqual([
      expect.stringMatching(/^private_key: .* or is encrypted and private_key_passphrase is missing$/),
    ]);
    const wrong = problemsOf({ ...resource, private_key_passphrase: "wrong-passphrase" });
    expect(wrong).toEqual([expect.stringMatching(/^private_key: .* that private_key_passphrase opens$/)]);
    expect(wrong.join()).not.toContain("wrong-passphrase");
  });

  it("snowflake_oauth: a token", () => {
    const { credential } = parseSnowflakeResource({ ...PLACE, username: "svc", token: "oauth-token" });
    expect(credential).toEqual({ kind: "oauth", token: "oauth-token" });
  });

  it("a programmatic access token beside them", () => {
    const { credential } = parseSnowflakeResource({
      ...PLACE,
      private_key: "",
      programmatic_access_token: "pat",
    });
    expect(credential).toEqual({ kind: "programmatic_access_token", token: "pat" });
  });
});

describe("what cannot work is a configuration error before anything is opened", () => {
  it("every problem is listed at once, and none carries a value", () => {
    const resource = {
      account_identifier: "https://org.snowflakecomputing.com",
      private_key: "secret-4711",
      access_url: "http://proxy.example:8080/path",
      database: "$var:f/retl/database",
    };
    const problems = problemsOf(resource);
    expect(problems.map((problem) => problem.split(":")[0])).toEqual([
      "access_url",
      "account_identifier",
      "warehouse",
      "database",
      "private_key",
      "username",
    ]);
    expect(problems.join()).not.toMatch(/secret-4711|proxy\.example|f\/retl/);
  });

  it.each([
    ["another host", "https://org.privatelink.snowflakecomputing.com"],
    ["the account's own host", undefined],
  ])("a password for %s is refused", (_, access_url) => {
    expect(problemsOf({ ...PLACE, username: "svc", password: "p", access_url })).toEqual([
      "password: is only for an emulator on this machine; use private_key, token or programmatic_access_token",
    ]);
  });

  it("a password for an emulator on this machine is taken", () => {
    const access_url = "http://127.0.0.1:4000";
    expect(problemsOf({ ...PLACE, username: "svc", password: "p", access_url })).toEqual([]);
  });

  it("two credentials are one too many", () => {
    expect(problemsOf({ ...KEY_PAIR, token: "t" })).toEqual([
      "private_key, token: only one of them can be the credential",
    ]);
  });

  it("a passphrase without a key is one field too many", () => {
    const problems = problemsOf({ ...PLACE, token: "t", private_key_passphrase: PASSPHRASE });
    expect(problems).toEqual(["private_key_passphrase: is of no use without private_key"]);
  });

  it("no credential names the ones there are", () => {
    expect(problemsOf(PLACE)).toEqual(["private_key: is missing (or token, or programmatic_access_token)"]);
  });
});
