import { describe, expect, it } from "vitest";
import { observe, step } from "./flow_of_modules.ts";

const keep = (x: unknown) => x;

describe("between two steps", () => {
  it("a result is its JSON: a date its ISO text, a bigint its digits, undefined null", async () => {
    const give = () => ({ at: new Date(0), big: 2n ** 60n, none: undefined, list: [undefined, () => 1] });
    const { run } = await observe(
      { modules: [step("a", "give"), step("b", "keep", "results.a")] },
      { give, keep },
    );
    expect(run.result).toEqual({
      at: "1970-01-01T00:00:00.000Z",
      big: "1152921504606846976",
      none: null,
      list: [null, null],
    });
  });

  it("no object is shared, so a step that changes its argument changes nothing else", async () => {
    const shared = { n: 1 };
    const change = (x: { n: number }) => {
      x.n += 1;
      return x;
    };
    const modules = [
      step("a", "give"),
      step("b", "change", "results.a"),
      step("c", "keep", "[results.a, results.b, flow_input.given]"),
    ];
    const { run } = await observe(
      { modules },
      { give: () => shared, change, keep },
      { args: { given: shared } },
    );
    expect(run.result).toEqual([{ n: 1 }, { n: 2 }, { n: 1 }]);
    expect(shared).toEqual({ n: 1 });
  });

  it("a result that JSON cannot carry fails its own step", async () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const { run } = await observe({ modules: [step("a", "give")] }, { give: () => cycle });
    expect(run.result).toMatchObject({ error: { name: "TypeError", step_id: "a" } });
  });
});

describe("a main that throws", () => {
  it("hands on its own properties, the cause included, under extra", async () => {
    const fail = () => {
      const error = new Error("refused", { cause: { status: 429 } });
      throw Object.assign(error, { name: "RETL_HUBSPOT_REFUSED", code: "RETL_HUBSPOT_REFUSED", rows: 3n });
    };
    const { run } = await observe({ modules: [step("a", "fail")] }, { fail });
    expect(run.result).toEqual({
      error: {
        name: "RETL_HUBSPOT_REFUSED",
        message: "refused",
        stack: expect.stringContaining("refused"),
        step_id: "a",
        extra: { cause: { status: 429 }, code: "RETL_HUBSPOT_REFUSED", rows: "3" },
      },
    });
  });

  it("fails its step also when it throws no error", async () => {
    const { run } = await observe({ modules: [step("a", "fail")] }, { fail: () => Promise.reject("text") });
    expect(run).toMatchObject({ success: false, result: { error: { step_id: "a" } } });
  });
});
