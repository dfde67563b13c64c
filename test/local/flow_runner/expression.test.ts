import { describe, expect, it } from "vitest";
import { evaluate, evaluatePredicate } from "../../../local/flow_runner/expression.ts";
import { ResultScope } from "../../../local/flow_runner/result_scope.ts";

const results = new ResultScope();
results.set("plan", { batches: [{ from: 1 }, { from: 101 }], none: null });

const context = {
  variables: { flow_input: { a: 2 }, previous_result: { error: { name: "RETL_BUSY" } } },
  results,
  previousId: "before",
  workspace: {
    variables: { "f/x/env": "prod" },
    resources: { "f/x/hub": { token: "$var:f/x/env" } },
  },
};

describe("an expression", () => {
  it.each([
    ["flow_input.a + 1", 3],
    ["const b = flow_input.a; return b * 10;", 20],
    ["flow_input.missing", null],
    ["'a;b'.length", 3],
    ["({ at: new Date(0), gone: undefined })", { at: "1970-01-01T00:00:00.000Z" }],
    ["results.plan.batches.map((batch) => batch.from)", [1, 101]],
    ["results.before.error.name", "RETL_BUSY"],
    ["error.name", "RETL_BUSY"],
    ["variable('f/x/env') + resource('f/x/hub').token", "prodprod"],
    ["await Promise.resolve(5)", null],
    ["return await Promise.resolve(5)", 5],
    ["typeof process + typeof require + typeof fetch", "undefinedundefinedundefined"],
  ])("%s", (expression, value) => {
    expect(evaluate(expression, context)).toEqual(value);
  });

  it("that is a plain path through a step's result is null where the path ends, as Windmill asks its database", () => {
    expect(evaluate("results.plan.none.deeper", context)).toBeNull();
    expect(evaluate("results.unknown.deeper", context)).toBeNull();
    expect(() => evaluate("results.plan.none.deeper + 1", context)).toThrow("Cannot read properties of null");
  });

  it("reads only the steps that its text names: a computed name is a promise on Windmill, and an error here", () => {
    expect(() => evaluate("results[['pl', 'an'].join('')]", context)).toThrow(
      "results.plan is read by a computed",
    );
  });

  it("that fails or never ends says so", () => {
    expect(() => evaluate("throw new RangeError('why')", context)).toThrow("why");
    expect(() => evaluate("flow_input.", context)).toThrow(SyntaxError);
    expect(() => evaluate("2n ** 70n", context)).toThrow("BigInt");
    expect(() => evaluate("return await new Promise(() => {})", context)).toThrow("did not finish");
  });

  it("as a predicate is true or false", () => {
    expect(evaluatePredicate("flow_input.a", context)).toBe(true);
    expect(evaluatePredicate("flow_input.missing", context)).toBe(false);
  });
});
