import { describe, expect, it } from "vitest";
import { checkDbtResult } from "../../f/reverse_etl/dbt/gate.ts";
import { parseDbtArtifacts } from "../../f/reverse_etl/dbt/run_results.ts";
import { hasCode, type RetlError } from "../../f/reverse_etl/sync/error.ts";
import { manifest, runResults } from "./artifacts.ts";

const CONTACTS = "model.shop.contacts";
const MODELS = ["retl.hubspot_contacts"];

function check(statuses: Parameters<typeof runResults>[0], models: readonly string[] = MODELS) {
  return checkDbtResult(models, parseDbtArtifacts(runResults(statuses), manifest));
}

function refusal(statuses: Parameters<typeof runResults>[0], models: readonly string[] = MODELS): RetlError {
  try {
    check(statuses, models);
  } catch (error) {
    expect(hasCode(error, "RETL_DBT_FAILED")).toBe(true);
    return error as RetlError;
  }
  throw new Error("the gate let it pass");
}

describe("the gate after dbt", () => {
  it("lets a model pass that was built in this invocation and whose tests passed", () => {
    expect(check({ [CONTACTS]: "success", "test.shop.unique_contacts.1": "pass" })).toEqual({ warnings: [] });
  });

  it("lets a model pass that had nothing to do", () => {
    expect(check({ [CONTACTS]: "no-op" })).toEqual({ warnings: [] });
  });

  it("finds a model whatever the case of its name", () => {
    expect(check({ [CONTACTS]: "success" }, ["RETL.HubSpot_Contacts"])).toEqual({ warnings: [] });
  });

  it("refuses an invocation without nodes", () => {
    expect(refusal({}).message).toContain("retl.hubspot_contacts is made by no node of this invocation");
  });

  it("refuses a model of the same name in another schema", () => {
    expect(refusal({ [CONTACTS]: "success" }, ["other.hubspot_contacts"]).details.missing).toEqual([
      "other.hubspot_contacts",
    ]);
  });

  it("refuses when one of two requested models is missing, and says which", () => {
    expect(refusal({ [CONTACTS]: "success" }, [...MODELS, "retl.unrelated"]).details.missing).toEqual([
      "retl.unrelated",
    ]);
  });

  it.each(["error", "partial success", "skipped", "runtime error", "a status of tomorrow"])(
    "refuses a model that is %s",
    (status) => {
      expect(refusal({ [CONTACTS]: status }).message).toContain(CONTACTS);
    },
  );

  it.each(["fail", "error", "skipped", "no-op", "a status of tomorrow"])(
    "refuses a model whose test is %s",
    (status) => {
      const { details } = refusal({ [CONTACTS]: "success", "test.shop.unique_contacts.1": status });
      expect(details.failed).toEqual([expect.objectContaining({ uniqueId: "test.shop.unique_contacts.1" })]);
    },
  );

  it("refuses a model when a test on a source far above it failed", () => {
    expect(refusal({ [CONTACTS]: "success", "test.shop.not_null_orders.2": "fail" }).message).toContain(
      "not_null_orders",
    );
  });

  it("refuses when a failed test does not say what it looks at", () => {
    expect(refusal({ [CONTACTS]: "success", "test.shop.nothing_named.4": "fail" }).message).toContain(
      "nothing_named",
    );
  });

  it("does not mind what failed beside the requested models", () => {
    const statuses = {
      [CONTACTS]: "success",
      "model.shop.unrelated": "error",
      "test.shop.unrelated.3": "fail",
    };
    expect(check({ ...statuses, "exposure.shop.hubspot": "skipped" })).toEqual({ warnings: [] });
  });

  it("turns tests that warn and hooks that failed into warnings that name them", () => {
    const { warnings } = check({
      [CONTACTS]: "success",
      "test.shop.unique_contacts.1": ["warn", "Got 53 results, configured to warn if != 0"],
      "operation.shop.on_run_end.1": [
        "error",
        "Runtime Error\n  Permission Error: not for alice@example.com",
      ],
    });
    expect(warnings).toEqual([
      "test.shop.unique_contacts.1 warned: Got 53 results, configured to warn if != 0",
      expect.stringMatching(/^operation\.shop\.on_run_end\.1 failed: Runtime Error: Permission Error/),
    ]);
    expect(warnings.join()).not.toContain("alice");
  });

  it("names the failed nodes before those that were skipped because of them", () => {
    const { message } = refusal({ [CONTACTS]: "skipped", "model.shop.orders": "error" });
    expect(message.indexOf("model.shop.orders failed")).toBeGreaterThan(0);
    expect(message.indexOf("model.shop.orders failed")).toBeLessThan(message.indexOf(`${CONTACTS} skipped`));
  });

  it("has nothing to say of tables that others build, nor of a run that reads no model", () => {
    expect(
      checkDbtResult(MODELS, { invocationId: null, nodes: [], builtByOthers: true, warnings: [] }),
    ).toEqual({
      warnings: [],
    });
    expect(checkDbtResult([], { invocationId: null, nodes: [], builtByOthers: false, warnings: [] })).toEqual(
      {
        warnings: [],
      },
    );
  });
});
