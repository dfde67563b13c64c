import { describe, expect, it } from "vitest";
import { outcomeOf, parseDbtArtifacts } from "../../f/reverse_etl/dbt/run_results.ts";
import { manifest, runResults } from "./artifacts.ts";

describe("dbt's artifacts", () => {
  it("name what a model makes by schema and alias, and everything it is made from, ephemeral models included", () => {
    const { nodes, invocationId } = parseDbtArtifacts(
      runResults({ "model.shop.contacts": "success" }),
      manifest,
    );
    expect(invocationId).toBe("invocation-1");
    expect(nodes).toEqual([
      {
        uniqueId: "model.shop.contacts",
        kind: "model",
        outcome: "passed",
        relation: "retl.hubspot_contacts",
        tests: [],
        upstream: ["model.shop.orders", "model.shop.orders_inline", "source.shop.raw.orders"],
        message: null,
      },
    ]);
  });

  it("name what a test looks at, unit tests included", () => {
    const results = runResults({
      "test.shop.unique_contacts.1": "pass",
      "unit_test.shop.contacts.grades": "fail",
    });
    const { nodes } = parseDbtArtifacts(results, manifest);
    expect(nodes.map(({ kind, outcome, tests, relation }) => ({ kind, outcome, tests, relation }))).toEqual([
      { kind: "test", outcome: "passed", tests: ["model.shop.contacts"], relation: null },
      { kind: "test", outcome: "failed", tests: ["model.shop.contacts"], relation: null },
    ]);
  });

  it("without results, or in another shape, are refused", () => {
    expect(() => parseDbtArtifacts({ metadata: {}, results: [] }, manifest)).toThrow();
    expect(() => parseDbtArtifacts(runResults({}), { nodes: {} })).toThrow();
  });
});

describe("a dbt status", () => {
  it.each([
    ["success", "passed"],
    ["pass", "passed"],
    ["reused", "passed"],
    ["no-op", "no_op"],
    ["warn", "warned"],
    ["fail", "failed"],
    ["error", "failed"],
    ["runtime error", "failed"],
    ["partial success", "failed"],
    ["skipped", "skipped"],
    ["something new", "unknown"],
    ["", "unknown"],
  ])("%s counts as %s", (status, outcome) => {
    expect(outcomeOf(status, false)).toBe(outcome);
  });

  it("no-op of a test is no result", () => {
    expect(outcomeOf("no-op", true)).toBe("unknown");
  });
});
