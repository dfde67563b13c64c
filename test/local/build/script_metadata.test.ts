import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { scriptMetadata } from "../../../local/build/script_metadata.ts";

const SOURCE = `
type Hubspot = { token: string };

/**
 * Does one thing. Then another.
 *
 * @param hubspot The portal.
 * @param mode How.
 * @param rows Which.
 * @param on When it is on.
 * @param at When.
 */
export async function main(
  hubspot: Hubspot,
  mode: "all" | "some" = "some",
  rows: { id: string }[],
  on: boolean | null = null,
  at?: Date,
) {}
`;

describe("the metadata of a script", () => {
  it("is its form with pickers, choices, defaults and a description of every argument", async () => {
    const { content, problems } = await scriptMetadata("f/x/thing", SOURCE);
    expect(problems).toEqual([]);
    const { schema, ...rest } = parse(content);
    expect(rest).toEqual({
      summary: "Does one thing",
      description: "Does one thing. Then another.",
      lock: "!inline f/x/thing.script.lock",
      kind: "script",
    });
    expect(content).toContain('lock: "!inline f/x/thing.script.lock"');
    expect(schema.required).toEqual(["hubspot", "rows"]);
    expect(schema.order).toEqual(["hubspot", "mode", "rows", "on", "at"]);
    expect(schema.properties).toMatchObject({
      hubspot: { type: "object", format: "resource-hubspot", description: "The portal." },
      mode: { type: "string", enum: ["all", "some"], default: "some", description: "How." },
      rows: { type: "array", items: { type: "object" }, description: "Which." },
      on: { type: "boolean", default: null },
      at: { type: "string", description: "When." },
    });
  });

  it("names every argument that is not described and every description of nothing", async () => {
    const source = SOURCE.replace(" * @param hubspot The portal.\n", "").replace("@param on", "@param off");
    expect((await scriptMetadata("f/x/thing", source)).problems).toEqual([
      expect.stringContaining('no "@param hubspot"'),
      expect.stringContaining('no "@param on"'),
      expect.stringContaining("describes off"),
    ]);
    const undocumented = await scriptMetadata("f/x/thing", "export async function main() {}");
    expect(undocumented.problems).toEqual(["main has no docstring."]);
  });

  it("of a module without a main says that it is a library and asks for nothing", async () => {
    const { content, problems } = await scriptMetadata(
      "f/x/inner/part",
      "/** Adds. */\nexport const add = (a: number) => a;\n",
    );
    expect(problems).toEqual([]);
    expect(parse(content)).toMatchObject({
      summary: "inner/part (library)",
      description: "Adds.",
      schema: { properties: {}, required: [] },
    });
  });

  it("of a source that is not TypeScript is none", async () => {
    await expect(scriptMetadata("f/x/broken", "export async function main( {")).rejects.toThrow(
      "f/x/broken is not valid TypeScript",
    );
  });
});
