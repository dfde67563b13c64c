import { describe, expect, it, onTestFinished } from "vitest";
import { alertMessage } from "../../f/reverse_etl/report/alert_message.ts";
import { latencyPlot } from "../../f/reverse_etl/report/latency_plot.ts";
import { planReport } from "../../f/reverse_etl/report/plan_rendering.ts";
import { settlementOf, settlementReport } from "../../f/reverse_etl/report/settlement_report.ts";
import type { OutcomeCode } from "../../f/reverse_etl/sync/run_figures.ts";
import { openDuckdb } from "../../local/duckdb_warehouse/duckdb_warehouse.ts";
import { partsOf, RENDERED_CHARACTERS, rendererOf, tableWith } from "../support/rendered.ts";
import { read } from "../support/repository_files.ts";

const LONG = "x".repeat(65_536);
const NO_LIMITS = { max: null, remaining: null, window_ms: null, daily: null, daily_remaining: null };

const code: OutcomeCode = { outcome: "rejected", code: LONG, property: LONG, rows: 1, example_id: LONG };

describe("a result", () => {
  it("of a plan keeps below what Windmill renders, however long its values and however many its properties", () => {
    const payload = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`property_${index}_${"y".repeat(80)}`, LONG]),
    );
    const changes = Array.from({ length: 10 }, () => ({
      id: LONG,
      operation: "update",
      reason: "changed",
      hubspotId: "1",
      payload,
    }));
    const report = planReport(
      {
        sync: "hubspot/contacts",
        plan: {
          run_id: "r1",
          plan_id: "plan_1",
          changes: 10,
          counts: {} as Parameters<typeof planReport>[0]["plan"]["counts"],
          associations: null,
          would_hold: [],
          unsettled_predecessors: [],
        },
        sample: { operations: { update: 10 }, sized: [], changes, refusals: [] },
        present: { records: [], answer: null, problem: null },
        estimate: { calls: 1, seconds: 1, calls_today: null, rows_deferred: 0 },
        limits: NO_LIMITS,
        mappingProblems: [],
        creates: [],
        notRead: [],
      },
      { values: true, kinds: new Map(), isSame: () => false },
    );
    expect(partsOf(report).map(rendererOf)).not.toContain("too large");
    expect(tableWith(report, "before").length).toBeGreaterThan(100);
    expect(JSON.stringify(report)).toContain("of 3000 properties");
  });

  it("of a run keeps below what Windmill renders, and its settlement is found in it", () => {
    const settlement = {
      run_id: "r1",
      status: "partial",
      message: null,
      outcomes: { acknowledged: 1, rejected: 50, deferred: 0, unknown: 0 },
      calls: { calls: 1, rate_limited_calls: 0, latency_p50_ms: 1, latency_p95_ms: 1, latency_max_ms: 1 },
      figures: {
        latency_p99_ms: 1,
        latency_histogram: [{ up_to_ms: 5, calls: 1 }],
        pushing_ms: 1,
        permitted_calls: 190,
        codes: Array.from({ length: 50 }, () => ({
          ...code,
          code: "INVALID",
          property: "p".repeat(100),
          example_id: "1",
        })),
      },
    } as const;
    const report = settlementReport("hubspot/contacts", settlement, []);
    expect(JSON.stringify(report).length).toBeLessThan(RENDERED_CHARACTERS);
    expect(partsOf(report).map(rendererOf)).not.toContain("too large");
    expect(settlementOf(report)).toMatchObject(settlement);
    expect(settlementOf({})).toBeNull();
    expect(settlementOf(null)).toBeNull();
  });
});

describe("the share of the permitted rate", () => {
  it("leaves out the calls that HubSpot limited, in the report and in the README's statement", async () => {
    const settlement = {
      run_id: "r1",
      status: "succeeded",
      message: null,
      outcomes: { acknowledged: 1, rejected: 0, deferred: 0, unknown: 0 },
      calls: { calls: 100, rate_limited_calls: 5, latency_p50_ms: 1, latency_p95_ms: 1, latency_max_ms: 1 },
      figures: {
        latency_p99_ms: 1,
        latency_histogram: [],
        pushing_ms: 10_000,
        permitted_calls: 190,
        codes: [],
      },
    } as const;
    const rows = tableWith(settlementReport("hubspot/contacts", settlement, []), "figure");
    expect(rows).toContainEqual({ figure: "share of the permitted rate (%)", value: 50 });
    const [, share = ""] = /([^,]*) as share_of_limit/.exec(read("README.md")) ?? [];
    const warehouse = await openDuckdb(":memory:");
    onTestFinished(() => warehouse.close());
    const columns = "select 100 as calls, 5 as rate_limited_calls, 190 as permitted_calls";
    expect(
      await warehouse.query(`select cast(${share} as varchar) as share from (${columns}) as runs`),
    ).toEqual([{ share: "0.5" }]);
  });
});

describe("the plot of the latencies", () => {
  it("has a bar for every bucket between the fastest and the slowest, empty ones too", () => {
    const plot = latencyPlot([
      { up_to_ms: 50, calls: 40 },
      { up_to_ms: 200, calls: 2 },
      { up_to_ms: null, calls: 1 },
    ]);
    expect(plot?.match(/<rect /g)).toHaveLength(9);
    expect(plot).toContain(">longer<");
    expect(plot).not.toMatch(/NaN|undefined|null/);
    expect(plot?.length).toBeLessThan(5_000);
  });

  it("is left out where nothing was sent", () => {
    expect(latencyPlot([])).toBeNull();
  });
});

describe("an alert's message", () => {
  const change = {
    sync: "hubspot/contacts",
    alert: "run_failed",
    state: "raised",
    since: "2026-11-23T00:00:00.000Z",
    run_id: "r1",
    reason: `<!channel> & ${LONG}`,
  } as const;

  it("calls nobody by what it quotes, and keeps to what Slack takes", () => {
    const message = alertMessage(change, null);
    expect(message.text).toContain("&lt;!channel&gt; &amp; ");
    expect(JSON.stringify(message)).not.toContain("<!channel>");
    for (const block of message.blocks) expect(JSON.stringify(block).length).toBeLessThan(3_000);
  });

  it("links to the run where its address is known", () => {
    const { blocks } = alertMessage(change, "https://windmill.example/run/r1");
    expect(JSON.stringify(blocks)).toContain("<https://windmill.example/run/r1|its run>");
  });
});
