import { describe, expect, it } from "vitest";
import { observe, parallelLoop, step } from "./flow_of_modules.ts";

/** Counts how many of its calls are under way at once; call n ends after the calls behind it in `order`. */
function gauge() {
  let running = 0;
  const seen = { most: 0 };
  const work = async (x: number): Promise<number> => {
    running += 1;
    seen.most = Math.max(seen.most, running);
    await new Promise((resolve) => setTimeout(resolve, 12 - x));
    running -= 1;
    return x;
  };
  return { seen, work };
}

const ten = "[0,1,2,3,4,5,6,7,8,9]";
const one = [step("one", "work", "flow_input.iter.value")];

describe("a parallel loop", () => {
  it("never runs more iterations at once than its parallelism, and as many", async () => {
    const { seen, work } = gauge();
    await observe({ modules: [parallelLoop(ten, one, { parallelism: 3 })] }, { work });
    expect(seen.most).toBe(3);
  });

  it("takes its parallelism from an expression of the flow's input", async () => {
    const { seen, work } = gauge();
    const parallelism = { type: "javascript", expr: "flow_input.width * 2" };
    await observe({ modules: [parallelLoop(ten, one, { parallelism })] }, { work }, { args: { width: 2 } });
    expect(seen.most).toBe(4);
  });

  it("without parallelism runs all iterations at once and gives their results in their order", async () => {
    const { seen, work } = gauge();
    const { run } = await observe({ modules: [parallelLoop(ten, one)] }, { work });
    expect(seen.most).toBe(10);
    expect(run.result).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("with a parallelism that is no positive number fails the flow before an iteration runs", async () => {
    const { seen, work } = gauge();
    const parallelism = { type: "javascript", expr: "flow_input.missing" };
    const { run } = await observe({ modules: [parallelLoop(ten, one, { parallelism })] }, { work });
    expect(run.success).toBe(false);
    expect(run.result).toMatchObject({ error: { message: expect.stringContaining("parallelism") } });
    expect(seen.most).toBe(0);
  });

  it("runs all iterations although one failed, and reports each as it ends", async () => {
    const ran: number[] = [];
    const fail = (x: number) => {
      ran.push(x);
      if (x === 0) throw new Error("first");
      return x;
    };
    const { run, events } = await observe(
      { modules: [parallelLoop("[0,1,2]", [step("one", "fail", "flow_input.iter.value")])] },
      { fail },
    );
    expect(run.success).toBe(false);
    expect(ran).toEqual([0, 1, 2]);
    const ended = events.filter((event) => event.kind === "iteration_finished");
    expect(ended.map(({ finished, iterations }) => [finished, iterations])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect(ended.filter(({ success }) => !success).map(({ index }) => index)).toEqual([0]);
  });

  it("runs the failure step once in the failing iteration and not again for the flow", async () => {
    const told: unknown[] = [];
    const mains = {
      fail: (x: number) => {
        if (x === 1) throw new Error("boom");
        return x;
      },
      tell: (x: unknown) => {
        told.push(x);
        return "told";
      },
    };
    const modules = [parallelLoop("[0,1,2]", [step("one", "fail", "flow_input.iter.value")])];
    const { run } = await observe(
      { modules, failure_module: step("failure", "tell", "error.message") },
      mains,
    );
    expect(told).toEqual(["boom"]);
    expect(run).toMatchObject({ success: false, result: [0, "told", 2] });
  });

  it("keeps each iteration's results to itself, and hides them from the steps after it", async () => {
    const keep = (x: unknown) => x;
    const inner = [
      step("first", "keep", "flow_input.iter.value"),
      step("wait", "keep", "null"),
      step("second", "keep", "results.first * 10"),
    ];
    const modules = [parallelLoop("[1,2,3]", inner), step("after", "keep", "[results.loop, results.first]")];
    const { run } = await observe({ modules }, { keep });
    expect(run.result).toEqual([[10, 20, 30], null]);
  });

  it("is not ended by the stop_after_if of one iteration", async () => {
    const keep = (x: unknown) => x;
    const stop = { stop_after_if: { expr: "result === 1", skip_if_stopped: false } };
    const inner = [step("first", "keep", "flow_input.iter.value", stop), step("second", "keep", "'went on'")];
    const { run } = await observe(
      { modules: [parallelLoop("[0,1,2]", inner), step("after", "keep", "results.loop")] },
      { keep },
    );
    expect(run.result).toEqual(["went on", 1, "went on"]);
  });
});

describe("a sequential loop", () => {
  it("is ended by the stop_after_if of a step inside, and the flow goes on", async () => {
    const keep = (x: unknown) => x;
    const stop = { stop_after_if: { expr: "result === 1", skip_if_stopped: false } };
    const inner = [step("first", "keep", "flow_input.iter.value", stop)];
    const { run } = await observe(
      {
        modules: [parallelLoop("[0,1,2]", inner, { parallel: false }), step("after", "keep", "results.loop")],
      },
      { keep },
    );
    expect(run).toMatchObject({ success: true, result: [0, 1] });
  });
});
