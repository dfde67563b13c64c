import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parseSnowflakeResource } from "../../f/reverse_etl/warehouse/snowflake_resource.ts";

const PRIVATE_KEY = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
  type: "pkcs8",
  format: "pem",
}) as string;

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

  it("a key that was pasted into one line keeps its line breaks", () => {
    const pasted = parseSnowflakeResource({ ...KEY_PAIR, private_key: PRIVATE_KEY.replaceAll("\n", "\\n") });
    expect(pasted).toEqual(parseSnowflakeResource(KEY_PAIR));
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

  it("no credential names the ones there are", () => {
    expect(problemsOf(PLACE)).toEqual(["private_key: is missing (or token, or programmatic_access_token)"]);
  });
});
