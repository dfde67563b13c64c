import { join } from "node:path";
import { stringify } from "yaml";
import { type CompiledJob, FOLDER } from "./compile_flows.ts";
import { folderFiles } from "./folder_files.ts";
import { resourceFiles } from "./resource_files.ts";
import { scriptFiles } from "./script_files.ts";
import { sqlModule } from "./sql_module.ts";

/** Where the statements of `sql/` are written to. */
export const SQL_MODULE = join(FOLDER, "generated", "sql.ts");

/**
 * Everything that the build writes into `f/`, by path relative to the root.
 * Throws when two jobs would write the same file, or when `resources/` or a script has a problem.
 */
export async function writtenFiles(
  root: string,
  jobs: readonly CompiledJob[],
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const add = (path: string, content: string) => {
    if (files.has(path)) {
      throw new Error(
        `BUILD_PATH_TAKEN: two jobs would write ${path}, so nothing was written. Give one another name.`,
      );
    }
    files.set(path, content);
  };
  add(SQL_MODULE, sqlModule(join(root, "sql")));
  for (const [path, content] of [...folderFiles(root), ...(await scriptFiles(root))]) add(path, content);
  for (const [name, content] of resourceFiles(join(root, "resources"))) add(join(FOLDER, name), content);
  for (const { job, flow, migrate, schedule } of jobs) {
    add(join(FOLDER, `${job.name}__flow`, "flow.yaml"), yaml(flow));
    if (migrate !== null) add(join(FOLDER, `${job.name}_migrate__flow`, "flow.yaml"), yaml(migrate));
    if (schedule !== null) add(join(FOLDER, `${job.name}_${job.cadence}.schedule.yaml`), yaml(schedule));
  }
  return files;
}

/** Aliases are off, because people read these files and Windmill writes them without. */
function yaml(value: unknown): string {
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
}
