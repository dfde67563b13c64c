import { afterEach, expect, test, vi } from "vitest";
import { collectGarbage } from "../f/reverse_etl/collect_garbage.ts";

afterEach(() => vi.unstubAllGlobals());

test("garbage is collected by Bun, by a Node that lets itself be asked, and by no other", async () => {
  const asked: string[] = [];
  const collected = async () => {
    collectGarbage();
    await Promise.resolve();
    const atOnce = asked.length;
    await new Promise(setImmediate);
    return asked.splice(0).slice(atOnce);
  };
  vi.stubGlobal("Bun", undefined);
  vi.stubGlobal("gc", undefined);
  expect(await collected()).toEqual([]);
  vi.stubGlobal("gc", () => asked.push("Node"));
  expect(await collected()).toEqual(["Node"]);
  vi.stubGlobal("Bun", { gc: (now: boolean) => asked.push(`Bun ${now}`) });
  expect(await collected()).toEqual(["Bun true"]);
});
