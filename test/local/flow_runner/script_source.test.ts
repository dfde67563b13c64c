import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { inlineScripts } from "../../../local/flow_runner/inline_script.ts";
import { scriptsFromFolder } from "../../../local/flow_runner/resolve_script.ts";
import { runFlow } from "../../../local/flow_runner/run_flow.ts";
import { step } from "./flow_of_modules.ts";

const root = fileURLToPath(new URL("./workspace", import.meta.url));
const options = { scripts: scriptsFromFolder(root), resources: {}, variables: {} };

describe("a script called by path", () => {
  it("gets its arguments by position, under the names of its signature, whatever their order in the flow", async () => {
    const input_transforms = {
      nothing: { type: "javascript", expr: "flow_input.missing" },
      at: { type: "static", value: "2024-02-03T00:00:00.000Z" },
      unknown: { type: "static", value: "ignored" },
      first: { type: "static", value: "one" },
    };
    const value = { type: "script", path: "f/example/describe_arguments", input_transforms };
    const run = await runFlow({ modules: [{ id: "a", value }] }, {}, options);
    expect(run.result).toEqual({ first: "one", count: 7, year: 2024, nothing: null });
  });

  it("that does not exist or has no main is found before anything runs, all at once", async () => {
    const modules = [
      step("a", "f/example/describe_arguments"),
      step("b", "f/example/nowhere"),
      step("c", "f/example/no_main"),
      step("d", "../../secret"),
    ];
    const started: unknown[] = [];
    const run = runFlow({ modules }, {}, { ...options, onEvent: (event) => started.push(event) });
    await expect(run).rejects.toMatchObject({
      code: "FLOW_RUNNER_SCRIPT",
      problems: [
        expect.stringMatching(/^module b: there is no file .*nowhere\.ts/),
        expect.stringMatching(/^module c: .*exports no function main/),
        expect.stringMatching(/^module d: .*is not the path of a script/),
      ],
    });
    expect(started).toEqual([]);
  });
});

it("an inline script that is not TypeScript is found before anything runs", async () => {
  const value = { type: "rawscript", language: "bun", content: "export async function main( {" };
  const run = runFlow({ modules: [{ id: "a", value }] }, {}, { ...options, scripts: inlineScripts() });
  await expect(run).rejects.toThrow("module a: the inline script is not valid TypeScript");
});
