import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import type { DayRow } from "../../../local/demo/day_row.ts";
import { assetPicture, flowPicture } from "../../../local/demo/graph_picture.ts";
import { reportHtml } from "../../../local/demo/html_report.ts";
import { createOutput } from "../../../local/demo/output.ts";
import { replayDay } from "../../../local/demo/purchases.ts";
import { parseFlow } from "../../../local/flow_runner/parse_flow.ts";

function row(number: number): DayRow {
  return {
    day: replayDay(number),
    purchases: 5,
    sourceRows: 1000 + number,
    created: 3,
    updated: 2,
    unchanged: 900,
    acknowledged: 5,
    rejected: 0,
    open: 0,
    calls: 1,
    rateLimited: 0,
    p50: 40,
    p95: 80,
    seconds: 0.5,
  };
}

function days(count: number): DayRow[] {
  return Array.from({ length: count }, (_, index) => row(index + 1));
}

const step = (id: string) => ({ id, summary: `does ${id}`, value: { type: "script", path: `f/x/${id}` } });

test("a flow's picture has every step of branches, loops and parallel branches once", async () => {
  const flow = parseFlow({
    modules: [
      step("a"),
      {
        id: "choice",
        value: {
          type: "branchone",
          branches: [{ summary: "one way", expr: "true", modules: [step("b")] }],
          default: [step("c")],
        },
      },
      {
        id: "both",
        value: {
          type: "branchall",
          parallel: true,
          branches: [
            { summary: "left", skip_failure: false, modules: [step("d")] },
            { summary: "right", skip_failure: false, modules: [step("e")] },
          ],
        },
      },
      {
        id: "loop",
        value: {
          type: "forloopflow",
          iterator: { type: "static", value: [1] },
          skip_failures: true,
          parallel: false,
          modules: [step("f")],
        },
      },
    ],
  });
  const svg = await flowPicture(flow.modules);
  for (const id of ["a", "b", "c", "d", "e", "f"]) expect(svg.split(`>does ${id}<`)).toHaveLength(2);
  const edges = [...svg.matchAll(/<title>(\S+)&#45;&gt;(\S+)<\/title>/g)].map(
    ([, from, to]) => `${from} ${to}`,
  );
  expect(edges.slice(1).sort()).toEqual(["a b", "a c", "b d", "b e", "c d", "c e", "d f", "e f"]);
});

test("an asset's picture shows keys as they are", async () => {
  const svg = await assetPicture([
    { key: 'a"b\\c', deps: [], by: "dbt", declared: false },
    { key: "hubspot/x", deps: ['a"b\\c'], by: "hubspot", declared: true },
  ]);
  expect(svg).toContain("a&quot;b\\c");
  expect(svg).toContain('class="edge"');
});

test("the report shows every day, escapes what it is told and needs no network", async () => {
  const html = await reportHtml({
    subtitle: "<b>",
    tiles: [{ label: "differences", value: "1", verdict: "bad" }],
    notes: ['customer 1: tier is "<script>"'],
    assetSvg: "",
    flowSvg: "",
    days: days(546),
    total: row(546),
  });
  expect(html.match(/<tr>/g)).toHaveLength(548);
  expect(html).toContain("tier is &quot;&lt;script&gt;&quot;");
  expect(html).not.toMatch(/<b>|<script|src=|href="http/);
  expect(html).toContain("prefers-color-scheme: dark");
});

test("outside a terminal many days are a line for the first, every thirtieth and the last ones, without colours", () => {
  const stream = new PassThrough();
  const output = createOutput(stream as unknown as NodeJS.WriteStream);
  const rows = days(100);
  output.startDays(100, 0);
  output.working("a step");
  for (const [index, one] of rows.entries()) output.dayEnded(index + 1, one);
  output.endDays(rows, { ...row(100), day: "total" });
  const text = String(stream.read());
  const shown = text
    .trim()
    .split("\n")
    .map((line) => line.split(" ")[0]);
  const numbers = [1, 2, 3, 4, 5, 6, 7, 30, 60, 90, 94, 95, 96, 97, 98, 99, 100];
  expect(shown).toEqual(["day", ...numbers.map(replayDay), "total"]);
  expect(text).not.toContain("\x1b");
});
