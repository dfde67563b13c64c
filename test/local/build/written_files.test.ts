import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileJobs } from "../../../local/build/compile_flows.ts";
import { sqlModule } from "../../../local/build/sql_module.ts";
import { writtenFiles } from "../../../local/build/written_files.ts";
import { diamondJob } from "../../asset_graph/diamond_job.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

describe("what the build writes", () => {
  it("are two flows and a schedule a job, and the schedule sorts behind its flow, because a push creates them in that order", async () => {
    const files = [...(await writtenFiles(ROOT, compileJobs([diamondJob()], ROOT))).keys()].filter((path) =>
      /diamond/.test(path),
    );
    expect(files).toEqual([
      "f/reverse_etl/diamond__flow/flow.yaml",
      "f/reverse_etl/diamond_migrate__flow/flow.yaml",
      "f/reverse_etl/diamond_daily.schedule.yaml",
    ]);
    const [flow = "", , schedule = ""] = files;
    expect(flow < schedule).toBe(true);
  });

  it("has neither a migrate flow for a job without a sync nor a schedule for a job that people start", async () => {
    const { schedule: _, cadence: __, ...models } = diamondJob({ name: "models", select: "kind:dbt" });
    const files = [...(await writtenFiles(ROOT, compileJobs([models], ROOT))).keys()].filter((path) =>
      /\/models/.test(path),
    );
    expect(files).toEqual(["f/reverse_etl/models__flow/flow.yaml"]);
  });

  it("is never written by two jobs at once", async () => {
    const jobs = compileJobs([diamondJob(), diamondJob({ name: "diamond_migrate" })], ROOT);
    await expect(writtenFiles(ROOT, jobs)).rejects.toThrow(
      /BUILD_PATH_TAKEN: two jobs would write f\/reverse_etl\/diamond_migrate__flow\/flow\.yaml/,
    );
  });
});

describe("a statement", () => {
  it("is the same text as TypeScript, whatever characters it has", async () => {
    const folder = temporaryFolder();
    const text = ["select '\\d`", "{x}$' -- back\\slash, `tick`, ", "{brace}"].join("$");
    writeFileSync(join(folder, "odd_one.sql"), `\n${text}\n`);
    const path = join(folder, "sql.mjs");
    writeFileSync(path, sqlModule(folder).replace("as const", ""));
    expect((await import(path)).SQL).toEqual({ odd_one: text });
  });
});
