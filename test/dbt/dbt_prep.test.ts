import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { main as dbtPrep } from "../../f/reverse_etl/dbt_prep.ts";
import { migrate } from "../../f/reverse_etl/sync/migrate.ts";
import { openDuckdb, registerDuckdb } from "../../local/duckdb_warehouse/duckdb_warehouse.ts";
import { PLATFORM_TOKEN, startDbtPlatform } from "../support/dbt_platform_server.ts";
import { contactsSync } from "../support/sync_fixture.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import { manifest, runResults } from "./artifacts.ts";
import { queryFile } from "./purchases_database.ts";

registerDuckdb();

const MODEL = { key: "retl.hubspot_contacts", deps: [], model: "retl.hubspot_contacts", code_version: "v1" };

async function migrated(): Promise<string> {
  const path = join(temporaryFolder(), "warehouse.duckdb");
  const warehouse = await openDuckdb(path);
  await migrate(warehouse, contactsSync());
  await warehouse.close();
  return path;
}

const prepare = (dbt: object, path: string, fullRefresh = false) =>
  dbtPrep(dbt as { backend: string }, { kind: "duckdb", path }, "retl", [MODEL], null, fullRefresh);

const events = (path: string) =>
  queryFile(
    path,
    "select kind, cast(metadata as varchar) as metadata from retl.asset_events order by occurred_at",
  );

describe("the dbt prep", () => {
  beforeEach(() => {
    const before = process.env.WM_ROOT_JOB_ID;
    process.env.WM_ROOT_JOB_ID = "run-1";
    return () => {
      if (before === undefined) delete process.env.WM_ROOT_JOB_ID;
      else process.env.WM_ROOT_JOB_ID = before;
    };
  });

  const platformWith = (status: string) =>
    startDbtPlatform({
      statuses: [status === "success" ? 10 : 20],
      steps: [
        {
          name: "Invoke dbt with `dbt build`",
          files: {
            "run_results.json": runResults({ "model.shop.contacts": status }),
            "manifest.json": manifest,
          },
        },
      ],
    });

  it("records a build that runs elsewhere before it waits for it, and that it was built", async () => {
    const path = await migrated();
    const platform = await platformWith("success");
    expect(await prepare(platform.resource, path)).toMatchObject({ run_id: "run-1", warnings: [] });
    const recorded = await events(path);
    expect(recorded.map(({ kind }) => kind)).toEqual(["planned", "started", "materialized"]);
    expect(JSON.parse(recorded[1]?.metadata ?? "")).toEqual({
      dbt_run: { type: "text", value: "dbt platform run 1001" },
      dbt_run_url: { type: "url", value: "https://platform.example/run/1001" },
    });
  });

  it("that Windmill runs again finds the build of its first try", async () => {
    const path = await migrated();
    const platform = await platformWith("success");
    await prepare(platform.resource, path);
    expect(await prepare(platform.resource, path)).toMatchObject({ models: ["retl.hubspot_contacts"] });
    expect(platform.started()).toEqual([1001]);
  });

  it("fails with the names of the failed nodes, and records no token", async () => {
    const path = await migrated();
    const platform = await platformWith("error");
    await expect(prepare(platform.resource, path)).rejects.toMatchObject({
      code: "RETL_DBT_FAILED",
      message: expect.stringContaining("model.shop.contacts failed"),
    });
    const recorded = await events(path);
    expect(recorded.map(({ kind }) => kind)).toEqual(["planned", "started", "failed"]);
    expect(JSON.stringify(recorded)).not.toContain(PLATFORM_TOKEN);
  });

  it("warns where a full refresh is asked for and others build the tables", async () => {
    const path = await migrated();
    expect(await prepare({ backend: "none" }, path, true)).toMatchObject({
      warnings: [expect.stringContaining("dbt_full_refresh had no effect")],
    });
  });
});
