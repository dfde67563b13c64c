import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import { command } from "./cli_world.ts";

const SECRET = "pat-secret-of-this-test";

/** Runs a command that needs warehouse, HubSpot and dbt in a folder with this file of resources. */
function withFile(content: string, environment: Record<string, string> = {}) {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "tailrace.resources.yaml"), content);
  return command(["run", "people"], { cwd, environment });
}

describe("a command without resources", () => {
  it("ends with 2 and says what can be given", async () => {
    const { code, err } = await command(["status"], { cwd: temporaryFolder() });
    expect(code).toBe(2);
    expect(err).toMatch(/^CLI_NO_RESOURCES: .*tailrace\.resources\.yaml.*--data DIR.*--resources FILE/);
  });

  it("with --json prints exactly one document, the error", async () => {
    const { out } = await command(["status", "--json"], { cwd: temporaryFolder() });
    expect(out.trim().split("\n")).toHaveLength(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: "CLI_NO_RESOURCES" } });
  });

  it("does not make an empty warehouse of a mistyped folder", async () => {
    const cwd = temporaryFolder();
    const { code, err } = await command(["status", "--data", "nowhere"], { cwd });
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("There is no warehouse at") });
    expect(err).toContain("npm start -- --data DIR makes one");
  });
});

describe("a file of resources", () => {
  it("lists every missing environment variable, variable and resource together, and shows no value", async () => {
    const { code, err } = await withFile(
      `
variables:
  f/reverse_etl/hubspot_token: ${SECRET}
resources:
  f/reverse_etl/snowflake: { account_identifier: $env:NO_ACCOUNT, private_key: $env:NO_KEY, user: $var:f/reverse_etl/no_user }
  f/reverse_etl/dbt: { backend: $env:NO_BACKEND }
`,
      { HUBSPOT_TOKEN: SECRET },
    );
    expect(code).toBe(2);
    expect(err).toContain("Variable f/reverse_etl/no_user not found");
    expect(err).toContain("f/reverse_etl/dbt: the environment variable NO_BACKEND is not set");
    expect(err).not.toContain(SECRET);
  });

  it("takes what it does not name from resources/ of the repository", async () => {
    const { err } = await withFile("variables: { f/reverse_etl/hubspot_token: $env:TOKEN }");
    expect(err).toContain("f/reverse_etl/hubspot: the environment variable TOKEN is not set");
    expect(err).toContain("f/reverse_etl/snowflake: Not found: Variable f/reverse_etl/snowflake_account");
    expect(err).not.toContain("f/reverse_etl/dbt");
  });

  it("that is no file of resources is refused with each place, without its content", async () => {
    const shape = await withFile(`resource: {}\nvariables: { hubspot_token: ${SECRET} }`);
    expect(shape.err).toMatch(
      /CLI_RESOURCES: .*is not a file of resources:[\s\S]*variables\.hubspot_token[\s\S]*resource/,
    );
    const yaml = await withFile(`variables: { "${SECRET}`);
    expect(yaml.err).toContain("is not YAML");
    expect(shape.err + yaml.err).not.toContain(SECRET);
  });
});

describe("a command line that is wrong", () => {
  it.each([
    [["statuss"], "unknown command 'statuss'"],
    [["status", "--no-such"], "unknown option '--no-such'"],
    [["rows", "hubspot/contacts"], "missing required argument 'id'"],
    [["errors", "hubspot/contacts", "--limit", "0"], "whole number from 1"],
    [["run", "people", "--resync", "some"], "Allowed choices are changes, all, rejected"],
    [["status", "--data", "a", "--resources", "b"], "exclude each other"],
    [["plan", "people", "--hubspot", "http://127.0.0.1"], "--hubspot goes with --data"],
  ])("ends with 2 and says why: %j", async (args, why) => {
    const { code, out, err } = await command(args, { cwd: temporaryFolder() });
    expect({ code, out, err }).toEqual({ code: 2, out: "", err: expect.stringContaining(why) });
    expect(err).toMatch(/^CLI_/);
    if (err.startsWith("CLI_USAGE") && !err.includes("--data")) {
      expect(err).toMatch(/[.)] Nothing was done; --help lists what there is\.\n$/);
    }
  });

  it("help ends with 0 and lists commands and exit codes", async () => {
    const { code, out } = await command(["--help"], { cwd: temporaryFolder() });
    expect(code).toBe(0);
    for (const name of [
      "check",
      "preflight",
      "plan",
      "run",
      "status",
      "errors",
      "rows",
      "migrate",
      "simulator",
    ]) {
      expect(out).toMatch(new RegExp(`^ {2}${name} `, "m"));
    }
    expect(out).toMatch(/3 {2}held/);
  });
});
