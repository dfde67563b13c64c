import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { registerDbtBackends } from "../../f/reverse_etl/dbt/register_backends.ts";
import { DBT_PROJECT } from "../../local/dbt/project.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import { buildWith, openBackend } from "./dbt_builds.ts";

registerDbtBackends();

const request = { models: ["retl.hubspot_contacts"], fullRefresh: false, runId: "run-1" };
const commandLine = { backend: "command_line", project_dir: DBT_PROJECT };

describe("a dbt resource", () => {
  it("that is not there means that others build the tables", async () => {
    expect(await buildWith(undefined, request)).toEqual({
      invocationId: null,
      nodes: [],
      builtByOthers: true,
      warnings: [],
    });
  });

  it("none cannot refresh anything, and says so where a full refresh is asked for", async () => {
    const { warnings } = await buildWith({ backend: "none" }, { ...request, fullRefresh: true });
    expect(warnings).toEqual([expect.stringMatching(/^dbt_full_refresh had no effect/)]);
  });

  it("that names no back end is refused, so that a misspelt one never means that nothing is built", () => {
    expect(() => openBackend({ backnd: "command_line" })).toThrow(
      /does not say which `backend`.*command_line, dbt_platform, none, snowflake_dbt_project, windmill_dbt/s,
    );
    expect(() => openBackend({ backend: "platfrom" })).toThrow(/"platfrom", which is not available here/);
    expect(() => openBackend("none")).toThrow(/does not say which `backend`/);
  });

  it("with settings of another back end is refused", () => {
    expect(() => openBackend({ backend: "none", project_dir: "." })).toThrow(
      expect.objectContaining({ code: "RETL_CONFIG" }),
    );
  });

  it("has all of its problems reported at once", () => {
    const open = () =>
      openBackend({
        backend: "command_line",
        project_dir: "/nowhere",
        profiles_dir: "/nowhere/else",
        timeout_seconds: -1,
        targt: "prod",
      });
    expect(open).toThrow(
      expect.objectContaining({
        code: "RETL_CONFIG",
        details: {
          problems: [
            "project_dir: there is no dbt_project.yml in /nowhere",
            "profiles_dir: there is no profiles.yml in /nowhere/else",
            expect.stringMatching(/^timeout_seconds: /),
            expect.stringMatching(/^the resource: .*targt/),
          ],
        },
      }),
    );
    expect(() =>
      openBackend({ ...commandLine, project_dir: "/nowhere", profiles_dir: "/nowhere/else" }),
    ).toThrow(
      /project_dir: there is no dbt_project.yml in \/nowhere\n.*profiles_dir: there is no profiles.yml/,
    );
  });
});

describe("the command line back end", () => {
  it("says what to install when there is no dbt", async () => {
    const resource = { ...commandLine, executable: "dbt-that-is-not-installed" };
    await expect(buildWith(resource, request)).rejects.toMatchObject({
      code: "RETL_CONFIG",
      message: expect.stringMatching(/"dbt-that-is-not-installed" is not there.*pip install/s),
    });
  });

  it("does not start dbt for a run that reads no model", async () => {
    const resource = { ...commandLine, executable: "dbt-that-is-not-installed" };
    expect((await buildWith(resource, { ...request, models: [] })).nodes).toEqual([]);
  });

  it.each(["hubspot_contacts", "retl.a b", "retl.+a", "retl.a,retl.b", "-x.y"])(
    "refuses the model %s, which dbt would read as something else",
    async (model) => {
      await expect(buildWith(commandLine, { ...request, models: [model] })).rejects.toMatchObject({
        code: "RETL_CONFIG",
      });
    },
  );

  it.each([
    ["ends well and writes no results", "exit 0", "RETL_DBT_FAILED"],
    ["is killed", "kill -9 $$", "RETL_DBT_UNAVAILABLE"],
    [
      "cannot be imported",
      "echo \"ModuleNotFoundError: No module named 'dbt'\" >&2; exit 1",
      "RETL_DBT_FAILED",
    ],
  ])("takes a dbt that %s for no success", async (_, script, code) => {
    const executable = join(temporaryFolder(), "dbt");
    writeFileSync(executable, `#!/bin/sh\n${script}\n`);
    chmodSync(executable, 0o755);
    await expect(buildWith({ ...commandLine, executable }, request)).rejects.toMatchObject({
      code,
    });
  });
});
