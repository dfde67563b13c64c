import { createVerify, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { driverOptions } from "../../f/reverse_etl/warehouse/snowflake_driver_options.ts";
import { parseSnowflakeResource } from "../../f/reverse_etl/warehouse/snowflake_resource.ts";
import { openSnowflake } from "../../f/reverse_etl/warehouse/snowflake_warehouse.ts";
import { BECAUSE, emulatorForThisFile, NO_EMULATOR, newDatabase } from "../support/snowflake_lane.ts";
import { wireTo } from "../support/snowflake_wire.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PRIVATE_KEY = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
const TAG = { run_id: "run-1", step: "settle" };
const PLACE = {
  account_identifier: "org-account",
  username: "svc",
  warehouse: "WH",
  database: "DB",
  schema: "RETL",
  role: "R",
};

const optionsOf = (resource: Record<string, unknown>) => driverOptions(parseSnowflakeResource(resource), TAG);

describe("what the driver is told of a resource", () => {
  it("names the place, the role and the run, and nothing of other credentials", () => {
    expect(optionsOf({ ...PLACE, token: "oauth-token" })).toMatchObject({
      account: "org-account",
      warehouse: "WH",
      database: "DB",
      schema: "RETL",
      role: "R",
      queryTag: '{"app":"tailrace","run_id":"run-1","step":"settle"}',
      authenticator: "OAUTH",
      token: "oauth-token",
    });
    const key = optionsOf({ ...PLACE, private_key: PRIVATE_KEY });
    expect(key).toMatchObject({ authenticator: "SNOWFLAKE_JWT", username: "svc" });
    expect(Object.keys(key)).not.toEqual(expect.arrayContaining(["token"]));
    const pat = optionsOf({ ...PLACE, programmatic_access_token: "pat" });
    expect(pat).toMatchObject({ authenticator: "PROGRAMMATIC_ACCESS_TOKEN", token: "pat" });
    expect(Object.keys(pat)).not.toEqual(expect.arrayContaining(["privateKey"]));
  });

  it("says no schema, role or host where the resource has none", () => {
    const { schema: _schema, role: _role, ...place } = PLACE;
    const options = Object.keys(optionsOf({ ...place, role: "", token: "t" }));
    expect(options.filter((name) => ["schema", "role", "accessUrl"].includes(name))).toEqual([]);
  });

  it("goes to access_url instead of the account's own host", () => {
    const access_url = "https://org-account.privatelink.snowflakecomputing.com";
    expect(optionsOf({ ...PLACE, token: "t", access_url })).toMatchObject({ accessUrl: access_url });
  });
});

describe.skipIf(NO_EMULATOR !== null)(`what the driver sends to log in${BECAUSE}`, () => {
  const emulator = emulatorForThisFile();

  /** Opens a session through a wire, runs a statement in it, and gives what its login carried. */
  async function loginWith(credential: Record<string, string>) {
    const wire = await wireTo(emulator.url(), () => "pass");
    const place = { ...PLACE, database: newDatabase(), schema: "PUBLIC", access_url: wire.url };
    const warehouse = await openSnowflake({ ...place, ...credential }, TAG);
    expect(await warehouse.query("select 1 as one")).toEqual([{ one: "1" }]);
    await warehouse.close();
    const login = wire.requests.find(({ path }) => path.endsWith("/login-request"));
    return { data: login?.body.data ?? {}, requests: wire.requests };
  }

  it("a key pair: a token that the key signed, and never the key", async () => {
    const { data, requests } = await loginWith({ private_key: PRIVATE_KEY, public_key: "unused" });
    expect(data.AUTHENTICATOR).toBe("SNOWFLAKE_JWT");
    const [header, claims, signature = ""] = String(data.TOKEN).split(".");
    const verified = createVerify("RSA-SHA256").update(`${header}.${claims}`);
    expect(verified.verify(publicKey, Buffer.from(signature, "base64url"))).toBe(true);
    expect(JSON.parse(Buffer.from(claims ?? "", "base64url").toString())).toMatchObject({
      sub: "ORG-ACCOUNT.SVC",
    });
    const body = PRIVATE_KEY.split("\n")[1] ?? "";
    expect(JSON.stringify(requests)).not.toContain(body);
  });

  it("an OAuth token, without a user name of ours", async () => {
    const { data } = await loginWith({ token: "oauth-token-4711" });
    expect(data).toMatchObject({ AUTHENTICATOR: "OAUTH", TOKEN: "oauth-token-4711" });
  });

  it("a programmatic access token", async () => {
    const { data } = await loginWith({ programmatic_access_token: "pat-4711" });
    expect(data).toMatchObject({ AUTHENTICATOR: "PROGRAMMATIC_ACCESS_TOKEN", TOKEN: "pat-4711" });
  });
});
