import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assetKey, assetOfStep, isAssetKey, isWord, stepId } from "../../f/asset_graph/key.ts";

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,2}(_[a-z0-9]{1,2}){0,2}$/).filter(isWord);
const key = fc
  .array(fc.array(word, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
  .map((segments) => segments.map((words) => words.join(".")).join("/"))
  .filter(isAssetKey);

describe("an asset key", () => {
  it.each(["hubspot/contacts", "retl.hubspot_contacts", "a", "a1/b_2.c/d", "order/path"])(
    "may be %s",
    (text) => {
      expect(assetKey(text)).toBe(text);
    },
  );

  it.each([
    ["", "empty"],
    ["Hubspot/contacts", "an upper-case letter"],
    ["hubspot//contacts", "an empty segment"],
    ["/hubspot", "a slash in front"],
    ["hubspot/", "a slash at the end"],
    ["hub-spot", "a hyphen"],
    ["hub__spot", "two underscores in a row, which would make step ids collide"],
    ["_hub", "an underscore in front"],
    ["hub_", "an underscore at the end"],
    ["1hub", "a digit in front, which a selection would read as a number of layers"],
    ["hub spot", "a blank"],
    ["not", "a word of the selection grammar"],
    ["path", "a word of the selection grammar"],
  ])("may not be %j: %s", (text) => {
    expect(isAssetKey(text)).toBe(false);
    expect(() => assetKey(text)).toThrow(/is not an asset key. Use lower-case words/);
  });

  it("is a text, so undefined is none although its name reads like one", () => {
    expect(isAssetKey(undefined)).toBe(false);
  });
});

describe("a step id", () => {
  it("says which step of which asset it is", () => {
    expect(stepId("diff_insert", assetKey("hubspot/contacts"))).toBe("diff_insert__hubspot__contacts");
    expect(stepId("build", assetKey("retl.hubspot_contacts"))).toBe("build__retl___hubspot_contacts");
  });

  it("is the same for no two pairs of step and key", () => {
    fc.assert(
      fc.property(word, key, word, key, (step, first, otherStep, second) => {
        const same = step === otherStep && first === second;
        expect(stepId(step, assetKey(first)) === stepId(otherStep, assetKey(second))).toBe(same);
      }),
      { numRuns: 2000 },
    );
  });

  it("can be read back, so that no two pairs can share one", () => {
    const readBack = (id: string) => {
      const [, step = "", rest = ""] = /^(.*?)__(.*)$/.exec(id) ?? [];
      return [step, rest.replaceAll("___", ".").replaceAll("__", "/")];
    };
    fc.assert(
      fc.property(word, key, (step, text) => {
        expect(readBack(stepId(step, assetKey(text)))).toEqual([step, text]);
      }),
      { numRuns: 2000 },
    );
  });

  it("has only characters that Windmill allows in an id", () => {
    fc.assert(fc.property(word, key, (step, text) => /^[a-zA-Z0-9_]+$/.test(stepId(step, assetKey(text)))));
  });

  it("is refused for a step that is not one word, because it could be read in two ways", () => {
    expect(() => stepId("diff__insert", assetKey("a"))).toThrow(/is not a step name/);
  });

  it("leads back to its asset", () => {
    const keys = ["hubspot/contacts", "hubspot/companies"];
    expect(assetOfStep("hubspot_push__hubspot__companies", keys)).toBe("hubspot/companies");
  });

  it.each([
    "environment_branch",
    "",
    "__hubspot__contacts",
    "Diff__hubspot__contacts",
    "settle__hubspot__deals",
  ])("of another sort (%j) leads to no asset and throws nothing, because a failure step reads it", (id) => {
    expect(assetOfStep(id, ["hubspot/contacts", "no key at all"])).toBeNull();
  });
});
