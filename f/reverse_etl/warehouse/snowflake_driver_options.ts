import type { ConnectionOptions } from "snowflake-sdk";
import type { SessionTag } from "./open_warehouse.ts";
import type { SnowflakeCredential, SnowflakeSettings } from "./snowflake_resource.ts";

/** Longest query tag that Snowflake keeps (docs.snowflake.com, parameters, QUERY_TAG, read 2026-11). */
const LONGEST_TAG = 2000;

/** Tries of a login, about a minute together; a repeated step tries again. */
const LOGIN_RETRIES = 5;

/** What the driver is told for one session. Every cell comes as text, and no column is looked up by its name. */
export function driverOptions(settings: SnowflakeSettings, tag: SessionTag): ConnectionOptions {
  return {
    application: "Tailrace",
    account: settings.account,
    ...(settings.accessUrl === null ? {} : { accessUrl: settings.accessUrl }),
    ...credentialOptions(settings.credential),
    warehouse: settings.warehouse,
    database: settings.database,
    ...(settings.schema === null ? {} : { schema: settings.schema }),
    ...(settings.role === null ? {} : { role: settings.role }),
    queryTag: JSON.stringify({ app: "tailrace", ...tag }).slice(0, LONGEST_TAG),
    clientSessionKeepAlive: true,
    sfRetryMaxLoginRetries: LOGIN_RETRIES,
    rowMode: "array",
    fetchAsString: ["String", "Boolean", "Number", "Date", "Buffer", "JSON"],
    representNullAsStringNull: false,
  };
}

function credentialOptions(credential: SnowflakeCredential): ConnectionOptions {
  switch (credential.kind) {
    case "key_pair":
      return {
        authenticator: "SNOWFLAKE_JWT",
        username: credential.username,
        privateKey: credential.privateKey,
      };
    case "oauth":
      return { authenticator: "OAUTH", token: credential.token };
    case "programmatic_access_token":
      return { authenticator: "PROGRAMMATIC_ACCESS_TOKEN", token: credential.token };
    case "password":
      return { username: credential.username, password: credential.password };
  }
}
