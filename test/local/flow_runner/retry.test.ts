import { describe, expect, it } from "vitest";
import { retryDelay } from "../../../local/flow_runner/retry.ts";
import { instantTimer, observe, step } from "./flow_of_modules.ts";

const never = () => {
  throw new Error("never used");
};

describe("a step's retry", () => {
  it("waits the constant delays first, then multiplier * seconds ^ (number of all retries so far + 1)", () => {
    const retry = {
      constant: { attempts: 2, seconds: 7 },
      exponential: { attempts: 3, multiplier: 2, seconds: 3 },
    };
    const delays = [0, 1, 2, 3, 4, 5].map((retries) => retryDelay(retry, retries, never));
    expect(delays).toEqual([7, 7, 2 * 3 ** 3, 2 * 3 ** 4, 2 * 3 ** 5, undefined]);
  });

  it("moves an exponential delay by at most random_factor percent, up or down, and never beyond six hours", () => {
    const retry = { exponential: { attempts: 9, multiplier: 1, seconds: 100, random_factor: 20 } };
    const draws = [0.99, 0.1, 0.99, 0.9];
    const random = () => draws.shift() ?? never();
    expect([retryDelay(retry, 0, random), retryDelay(retry, 0, random)]).toEqual([119, 81]);
    expect(retryDelay({ constant: { attempts: 1, seconds: 99_999 } }, 0, never)).toBe(6 * 60 * 60);
  });

  it("sleeps these delays, gives every attempt the same arguments and counts the failed ones", async () => {
    const timer = instantTimer();
    const seen: unknown[] = [];
    const flaky = (x: { n: number }) => {
      seen.push({ ...x });
      x.n = 99;
      if (seen.length < 4) throw new Error(`attempt ${seen.length}`);
      return "done";
    };
    const retry = {
      constant: { attempts: 2, seconds: 5 },
      exponential: { attempts: 1, multiplier: 1, seconds: 2 },
    };
    const { run } = await observe(
      { modules: [step("a", "flaky", "({ n: 1 })", { retry })] },
      { flaky },
      { timer },
    );
    expect(timer.slept).toEqual([5, 5, 8]);
    expect(seen).toEqual([{ n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }]);
    expect(run).toMatchObject({ success: true, result: "done", jobs: 5 });
    expect(run.modules).toEqual([{ id: "a", type: "Success", skipped: false, failedRetries: 3 }]);
  });

  it("is made only while retry_if holds for the error", async () => {
    const timer = instantTimer();
    let calls = 0;
    const fail = () => {
      calls += 1;
      throw Object.assign(new Error("no"), { name: calls === 1 ? "RETL_BUSY" : "RETL_CONFIG" });
    };
    const retry = {
      constant: { attempts: 5, seconds: 1 },
      retry_if: { expr: "['RETL_BUSY'].includes(error.name)" },
    };
    const { run } = await observe({ modules: [step("a", "fail", "null", { retry })] }, { fail }, { timer });
    expect(calls).toBe(2);
    expect(run.result).toMatchObject({ error: { name: "RETL_CONFIG", step_id: "a" } });
  });
});

describe("a step's timeout", () => {
  it("fails the step, and leaves no timer behind when the step is in time", async () => {
    const asked: AbortSignal[] = [];
    const timer = {
      now: () => 0,
      sleep: (_: number, signal?: AbortSignal) => {
        if (signal !== undefined) asked.push(signal);
        return new Promise<void>(() => undefined);
      },
    };
    const timeout = { type: "static", value: 300 };
    const { run } = await observe(
      { modules: [step("a", "quick", "null", { timeout })] },
      { quick: () => 1 },
      { timer },
    );
    expect(run.result).toBe(1);
    expect(asked.map((signal) => signal.aborted)).toEqual([true]);
  });

  it("is tried again like any failure", async () => {
    const settings = { timeout: 1, retry: { constant: { attempts: 1, seconds: 0 } } };
    const { run } = await observe(
      { modules: [step("a", "stuck", "null", settings)] },
      { stuck: () => new Promise(() => undefined) },
      { timer: instantTimer() },
    );
    expect(run.jobs).toBe(3);
    expect(run.result).toMatchObject({ error: { message: expect.stringContaining("due to timeout") } });
  });
});
