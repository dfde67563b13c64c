export type FlowRunnerErrorCode = "FLOW_RUNNER_UNSUPPORTED" | "FLOW_RUNNER_SCRIPT";

/**
 * The runner itself cannot run the flow; nothing of the flow has run. A failing step is never thrown: it is
 * the `result` of the run, as on Windmill.
 */
export class FlowRunnerError extends Error {
  readonly code: FlowRunnerErrorCode;
  readonly problems: readonly string[];

  constructor(code: FlowRunnerErrorCode, problems: readonly string[], next: string, cause?: unknown) {
    super(
      `${code}: the flow cannot run locally.\n${problems.map((problem) => `  - ${problem}`).join("\n")}\nNothing has run. ${next}`,
      cause === undefined ? undefined : { cause },
    );
    this.name = code;
    this.code = code;
    this.problems = problems;
  }
}
