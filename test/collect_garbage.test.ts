import { afterEach, expect, test, vi } from "vitest";
import { collectGarbage } from "../f/reverse_etl/collect_garbage.ts";

afterEach(() => vi.unstubAllGlobals());

test("garbage is collected by Bun, by a Node that lets itself be asked, and by no other", () => {
  const asked: string[] = [];
  vi.stubGlobal("Bun", undefined);
  vi.stubGlobal("gc", undefined);
  collectGarbage();
  expect(asked).toEqual([]);
  vi.stubGlobal("gc", () => asked.push("Node"));
  collectGarbage();
  vi.stubGlobal("Bun", { gc: (now: boolean) => asked.push(`Bun ${now}`) });
  collectGarbage();
  expect(asked).toEqual(["Node", "Bun true"]);
});
