import { describe, expect, it } from "vitest";
import { instantTimer, observe, parallelLoop, step } from "./flow_of_modules.ts";

const keep = (x: unknown) => x;
const fail = () => {
  throw new Error("bad");
};

function branchOne(expr: string, modules: readonly unknown[], otherwise: readonly unknown[] = []) {
  return { id: "gate", value: { type: "branchone", branches: [{ expr, modules }], default: otherwise } };
}

function branchAll(branches: readonly (readonly unknown[])[], settings: object = {}) {
  const all = branches.map((modules) => ({ modules, skip_failure: false }));
  return { id: "all", value: { type: "branchall", branches: all, parallel: true, ...settings } };
}

describe("a flow", () => {
  it("answers an empty branch with the result before it, which only the next step can read", async () => {
    const modules = [
      step("a", "keep", "'before'"),
      branchOne("false", [step("b", "keep")]),
      step("c", "keep", "[previous_result, results.gate]"),
      step("d", "keep", "[results.c, results.gate]"),
    ];
    const { run } = await observe({ modules }, { keep });
    expect(run.modules.map(({ type }) => type)).toEqual(["Success", "Success", "Success", "Failure"]);
    expect(run.result).toMatchObject({
      error: { message: expect.stringContaining("Failed to fetch result for step 'gate'") },
    });
    const { run: shorter } = await observe({ modules: modules.slice(0, 3) }, { keep });
    expect(shorter.result).toEqual(["before", "before"]);
  });

  it("fails with its last step although that step has continue_on_error, and runs no failure step", async () => {
    const modules = [step("a", "fail", "null", { continue_on_error: true })];
    const { run } = await observe(
      { modules, failure_module: step("failure", "keep", "'told'") },
      { fail, keep },
    );
    expect(run).toMatchObject({ success: false, result: { error: { message: "bad" } }, jobs: 2 });
    expect(run.failureModule).toBeUndefined();
  });

  it("does not run its failure step for an iterator that cannot be evaluated", async () => {
    const modules = [parallelLoop("flow_input.no.items", [step("one", "keep")])];
    const { run } = await observe({ modules, failure_module: step("failure", "keep", "'told'") }, { keep });
    expect(run).toMatchObject({ success: false, result: { error: { name: "Anyhow" } } });
  });

  it("hands the failure step the error of a stop_after_if with error_message", async () => {
    const stop_after_if = { expr: "result === 1", skip_if_stopped: false, error_message: "held" };
    const modules = [step("a", "keep", "1", { stop_after_if }), step("b", "keep")];
    const { run } = await observe({ modules, failure_module: step("failure", "keep", "error") }, { keep });
    expect(run).toMatchObject({ success: false, result: { name: "EarlyStopError", message: "held" } });
  });

  it("waits after a module that sleeps", async () => {
    const timer = instantTimer();
    const sleep = { sleep: { type: "javascript", expr: "result * 2" } };
    await observe({ modules: [step("a", "keep", "3", sleep), step("b", "keep")] }, { keep }, { timer });
    expect(timer.slept).toEqual([6]);
  });

  it("says for every event where it happened", async () => {
    const modules = [branchOne("true", [parallelLoop("['x']", [step("one", "keep")])])];
    const { events } = await observe({ modules }, { keep });
    const jobs = events.filter((event) => event.kind === "job_started");
    expect(jobs).toMatchObject([{ moduleId: "one", place: ["gate", "branch-1", "loop", "0"], attempt: 1 }]);
  });
});

describe("the jobs that Windmill would create", () => {
  const skipped = step("s", "keep", "null", { skip_if: { expr: "true" } });
  const sequential = (modules: readonly unknown[]) => parallelLoop("[1,2,3]", modules, { parallel: false });
  const failure_module = step("failure", "keep");
  it.each([
    ["one step: the flow and the step", { modules: [step("a", "keep")] }, 2],
    ["a skipped step: an identity job", { modules: [skipped] }, 2],
    [
      "a skipped branch: an identity job",
      { modules: [{ ...branchAll([[step("a", "keep")]]), skip_if: { expr: "true" } }] },
      2,
    ],
    [
      "a taken branch: a sub-flow and its steps",
      { modules: [branchOne("true", [step("a", "keep"), step("b", "keep")])] },
      4,
    ],
    ["an empty branch of a branchone: none", { modules: [branchOne("true", [])] }, 1],
    [
      "every branch of a branchall, an empty one, too",
      { modules: [branchAll([[step("a", "keep")], []])] },
      4,
    ],
    [
      "a parallel iteration: a sub-flow and its steps",
      { modules: [parallelLoop("[1,2,3]", [step("a", "keep")])] },
      7,
    ],
    [
      "a sequential loop over one plain script: a job an iteration",
      { modules: [sequential([step("a", "keep")])] },
      4,
    ],
    [
      "the same with a failure step in the flow",
      { modules: [sequential([step("a", "keep")])], failure_module },
      7,
    ],
    ["a loop over nothing: none", { modules: [parallelLoop("[]", [step("a", "keep")])] }, 1],
    ["a failure step", { modules: [step("a", "fail")], failure_module }, 3],
  ])("%s", async (_, flow, jobs) => {
    const { run } = await observe(flow, { keep, fail });
    expect(run.jobs).toBe(jobs);
  });
});
