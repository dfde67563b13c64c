import { join } from "node:path";
import { AssetGraphError } from "../../f/asset_graph/asset_graph_error.ts";
import { resourceFiles } from "../build/resource_files.ts";
import { leftFiles, staleFiles } from "../build/stale_files.ts";
import { writtenFiles } from "../build/written_files.ts";
import { checkCompiledModels } from "../dbt/compiled_models.ts";
import { failureOf } from "./cli_error.ts";
import { type CommandResult, EXIT } from "./command_result.ts";
import { graphDocument, graphText } from "./graph_text.ts";
import { counted, type Printer } from "./printer.ts";
import { loadProject } from "./project.ts";
import type { Surroundings } from "./surroundings.ts";

/** One thing that is wrong; `code` is stable. */
interface Problem {
  readonly code: string;
  readonly problem: string;
}

/** Every problem of flows/, resources/ and the build at once, or the graph when there is none. Reads files only. */
export async function checkCommand(surroundings: Surroundings): Promise<CommandResult> {
  const { root } = surroundings;
  const problems: Problem[] = [];
  const attempt = async <T>(work: () => T | Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      problems.push(...problemsOf(error));
      return null;
    }
  };
  const project = await attempt(() => loadProject(surroundings));
  const resources = await attempt(() => resourceFiles(join(root, "resources")));
  // What the build would write is known only of a graph and resources that are right.
  if (project !== null && resources !== null) {
    const files = await attempt(() => writtenFiles(root, project.jobs));
    if (files !== null) {
      const stale = staleFiles(root, files).map((path) => `${path} is not what npm run build would write.`);
      const left = leftFiles(root, files).map((path) => `${path} is declared nowhere any more.`);
      problems.push(...[...stale, ...left].map((problem) => ({ code: "BUILD_STALE", problem })));
    }
  }
  const models = await attempt(() => checkCompiledModels());
  problems.push(...(models ?? []).map((problem) => ({ code: "BUILD_STALE", problem })));
  return {
    exit: problems.length === 0 ? EXIT.fine : EXIT.problems,
    document: {
      problems,
      ...(project === null ? {} : graphDocument(project)),
    },
    text: (printer) =>
      problems.length > 0 || project === null ? problemText(printer, problems) : graphText(printer, project),
  };
}

function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof AssetGraphError) {
    return error.problems.map((problem) => ({ code: error.code, problem }));
  }
  const { code, message } = failureOf(error);
  return [{ code, problem: message }];
}

function problemText(printer: Printer, problems: readonly Problem[]): string {
  const { colors } = printer;
  const stale = problems.some(({ code }) => code === "BUILD_STALE");
  return [
    colors.red(counted(problems.length, "problem")),
    ...problems.map(({ code, problem }) => `  ${colors.red(code)}  ${problem.replaceAll("\n", "\n    ")}`),
    ...(stale ? [colors.dim("  Run npm run build and commit what it changes.")] : []),
  ].join("\n");
}
