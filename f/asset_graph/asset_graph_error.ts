/** Every problem of a graph and its jobs; thrown while compiling, never in a run. */
export class AssetGraphError extends Error {
  readonly code = "ASSET_GRAPH_INVALID";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const lines = problems.map((problem) => `  ${problem.replaceAll("\n", "\n  ")}`);
    super(`${count} in the asset graph, so nothing was compiled:\n${lines.join("\n")}`);
    this.name = this.code;
    this.problems = problems;
  }
}
