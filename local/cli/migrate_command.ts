import { type CommandResult, EXIT } from "./command_result.ts";
import { findJob, loadProject, syncsOf } from "./project.ts";
import { flowFailure, needsOf, runCompiledFlow } from "./run_compiled_flow.ts";
import type { Surroundings } from "./surroundings.ts";
import { type WorkspaceOptions, withWorkspace } from "./workspace.ts";

/** Makes the tables of a job's syncs where they are missing, with the flow that does so on Windmill. */
export async function migrateCommand(
  surroundings: Surroundings,
  name: string,
  options: WorkspaceOptions,
): Promise<CommandResult> {
  const job = findJob(await loadProject(surroundings), name);
  const syncs = syncsOf(job).map(({ sync }) => sync.key);
  const { migrate } = job;
  if (migrate === null) {
    return {
      exit: EXIT.fine,
      document: { job: job.job.name, migrated: [] },
      text: () => `${job.job.name} has no sync, so it has no tables.`,
    };
  }
  const needs = { ...needsOf(migrate), mayCreate: true };
  return withWorkspace(surroundings, options, needs, async (open) => {
    const failure = flowFailure(await runCompiledFlow(surroundings, migrate, {}, open.workspace));
    if (failure !== null) throw failure;
    return {
      exit: EXIT.fine,
      document: { job: job.job.name, migrated: syncs },
      text: ({ colors }) => `${colors.green("The tables are there")} for ${syncs.join(", ")}.`,
    };
  });
}
