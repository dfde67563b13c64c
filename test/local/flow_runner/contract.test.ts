import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { FlowRun, ModuleState } from "../../../local/flow_runner/flow_run.ts";
import { inlineScripts } from "../../../local/flow_runner/inline_script.ts";
import { isRecord } from "../../../local/flow_runner/job_result.ts";
import { runFlow } from "../../../local/flow_runner/run_flow.ts";

/** What a Windmill server (1.788, built from its public source) answered for a small flow. */
interface Recording {
  readonly args: Record<string, unknown>;
  readonly flow: unknown;
  readonly success: boolean;
  readonly result: unknown;
  readonly is_skipped: boolean;
  readonly modules: readonly unknown[];
  readonly failure_module?: string;
}

const recordings = JSON.parse(readFileSync(new URL("./recordings.json", import.meta.url), "utf8")) as Record<
  string,
  Recording
>;

/**
 * A step's timeout and a retry's delay pass at once: in the one recording with a timeout, `main` takes 20
 * seconds.
 */
const timer = { now: () => 0, sleep: () => Promise.resolve() };

describe("the local runner gives what a Windmill server gave", () => {
  it("for 38 recorded flows", () => {
    expect(Object.keys(recordings)).toHaveLength(38);
  });

  for (const [name, recording] of Object.entries(recordings)) {
    it(`for ${name}`, async () => {
      const run = await runFlow(recording.flow, recording.args, {
        scripts: inlineScripts(),
        resources: {},
        variables: {},
        timer,
      });
      const { success, result, is_skipped, modules, failure_module } = recording;
      expect(comparable(run)).toEqual({
        success,
        result: normalise(result),
        is_skipped,
        modules,
        ...(failure_module === undefined ? {} : { failure_module }),
      });
    });
  }
});

function comparable(run: FlowRun) {
  return {
    success: run.success,
    result: normalise(run.result),
    is_skipped: run.isSkipped,
    modules: run.modules.map(recordedState),
    ...(run.failureModule === undefined ? {} : { failure_module: run.failureModule.type }),
  };
}

function recordedState({ id, type, skipped, branchChosen, failedRetries }: ModuleState) {
  return {
    id,
    type,
    ...(skipped === undefined ? {} : { skipped }),
    ...(branchChosen === undefined ? {} : { branch_chosen: branchChosen }),
    ...(failedRetries === undefined ? {} : { failed_retries: failedRetries }),
  };
}

/**
 * Three things are compared less than exactly, because they are the server's and no flow can rely on them:
 * the stack (the recordings leave it out), what QuickJS says after "Error during isolated evaluation of
 * expression `…`:", and the Rust type error with its file and line after "Expected an array value in the
 * iterator expression, found:".
 */
function normalise(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalise);
  if (typeof value === "string") {
    return value
      .replace(/^(Error during isolated evaluation of expression `[^`]*`:)[\s\S]*$/, "$1 …")
      .replace(/^(Error: Expected an array value in the iterator expression, found:)[\s\S]*$/, "$1 …");
  }
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "stack")
      .map(([key, item]) => [key, normalise(item)]),
  );
}
