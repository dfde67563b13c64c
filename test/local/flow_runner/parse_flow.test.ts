import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { FlowRunnerError } from "../../../local/flow_runner/flow_runner_error.ts";
import { parseFlow } from "../../../local/flow_runner/parse_flow.ts";
import { observe, parallelLoop, step } from "./flow_of_modules.ts";

function problemsOf(flow: unknown): readonly string[] {
  try {
    parseFlow(flow);
  } catch (error) {
    if (error instanceof FlowRunnerError && error.code === "FLOW_RUNNER_UNSUPPORTED") return error.problems;
    throw error;
  }
  return [];
}

it("everything that the runner cannot run is listed at once, before anything runs", async () => {
  let ran = false;
  const flow = {
    value: {
      modules: [
        step("a", "run"),
        { id: "again", value: { type: "whileloopflow", modules: [], skip_failures: false } },
        step("b", "run", "null", { suspend: { required_events: 1 } }),
        { id: "gate", value: { type: "branchone", branches: [], default: [step("a", "run")] }, retry: {} },
        parallelLoop("[1]", [{ id: "sub", value: { type: "flow", path: "f/x", input_transforms: {} } }]),
      ],
      cache_ttl: 600,
    },
  };
  const run = observe(flow, {
    run: () => {
      ran = true;
    },
  });
  await expect(run).rejects.toMatchObject({
    code: "FLOW_RUNNER_UNSUPPORTED",
    problems: [
      'modules[1].value.type: module type "whileloopflow" is not supported',
      expect.stringContaining('modules[2]: Unrecognized key: "suspend"'),
      'modules[4].value.modules[0].value.type: module type "flow" is not supported',
      expect.stringContaining('"cache_ttl"'),
      "module gate: retry is run for scripts only",
      "module a: the id is used twice",
    ],
  });
  expect(ran).toBe(false);
});

it("combinations that Windmill does not run as they read are refused", () => {
  const stop = { expr: "true", skip_if_stopped: true, error_message: "no" };
  expect(
    problemsOf({
      modules: [
        { ...parallelLoop("[1]", [step("one", "run")]), continue_on_error: true },
        step("a", "run", "null", { stop_after_if: stop, sleep: { type: "static", value: 1 } }),
      ],
      failure_module: { id: "failure", value: { type: "identity" } },
    }),
  ).toEqual([
    "module loop: Windmill cannot continue after the error of a parallel module",
    "module a: sleep on the last module is not supported",
    "module a: stop_after_if with both skip_if_stopped and error_message is not supported",
    "failure_module: only a script is supported",
  ]);
});

it("a loop or branch that leaves open whether failures are skipped is refused, as Windmill reads that in two ways", () => {
  const branches = [{ modules: [] }];
  const loop = { type: "forloopflow", iterator: { type: "static", value: [] }, modules: [] };
  const modules = [
    { id: "loop", value: loop },
    { id: "all", value: { type: "branchall", branches } },
  ];
  expect(problemsOf({ modules })).toEqual([
    expect.stringContaining("modules[0].value.skip_failures: skip_failures must be written"),
    expect.stringContaining("modules[1].value.branches[0].skip_failure: skip_failure must be written"),
  ]);
});

it("every recorded flow is read", () => {
  const recordings = JSON.parse(
    readFileSync(new URL("./recordings.json", import.meta.url), "utf8"),
  ) as Record<string, { flow: unknown }>;
  expect(Object.values(recordings).flatMap(({ flow }) => problemsOf(flow))).toEqual([]);
});
