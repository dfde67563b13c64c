import { describe, expect, it } from "vitest";
import { docstringOfMain, docstringOfModule } from "../../../local/build/docstring.ts";

describe("the docstring of main", () => {
  it("is what stands right above it: its text until the first tag, and what it says of each parameter", () => {
    const source = `
/** Something else. */
const other = 1;

/**
 * Does one thing, over
 * two lines.
 *
 * - first
 * - second
 *
 * @param path Where, and
 * which one.
 * @param count How many.
 * @throws Error sometimes.
 */
export async function main(path: string, count: number) {}
`;
    const { text, parameters } = docstringOfMain(source);
    expect(text).toBe("Does one thing, over two lines.\n\n- first\n- second");
    expect([...parameters]).toEqual([
      ["path", "Where, and which one."],
      ["count", "How many."],
    ]);
  });

  it("is empty when another declaration's is the nearest", () => {
    const source = "/** Of the type. */\nexport type A = 1;\n\nexport async function main() {}\n";
    expect(docstringOfMain(source)).toEqual({ text: "", parameters: new Map() });
  });

  it("may be one line", () => {
    expect(docstringOfMain("/** Works. */\nexport function main() {}").text).toBe("Works.");
  });
});

describe("the docstring of a module", () => {
  it("is that of what it does, before that of its types", () => {
    const source = "/** A shape. */\nexport interface A {}\n\n/** Does it. */\nexport const f = () => 1;\n";
    expect(docstringOfModule(source).text).toBe("Does it.");
    expect(docstringOfModule("/** A shape. */\nexport interface A {}\n").text).toBe("A shape.");
    expect(docstringOfModule("export const a = 1;\n").text).toBe("");
  });
});
