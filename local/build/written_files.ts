import { join } from "node:path";
import { stringify } from "yaml";
import { type CompiledJob, FOLDER } from "./compile_flows.ts";
import { sqlModule } from "./sql_module.ts";

/** Everything that the build writes into `f/`, by path relative to the root. */
export function writtenFiles(root: string, jobs: readonly CompiledJob[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  files.set(join(FOLDER, "generated", "sql.ts"), sqlModule(join(root, "sql")));
  for (const { job, flow, migrate, schedule } of jobs) {
    files.set(join(FOLDER, `${job.name}__flow`, "flow.yaml"), yaml(flow));
    files.set(join(FOLDER, `${job.name}_migrate__flow`, "flow.yaml"), yaml(migrate));
    files.set(join(FOLDER, `${job.name}_${job.cadence}.schedule.yaml`), yaml(schedule));
  }
  return files;
}

/** Aliases are off, because people read these files and Windmill writes them without. */
function yaml(value: unknown): string {
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
}
