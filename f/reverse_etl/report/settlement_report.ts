import type { RunFigures } from "../sync/run_figures.ts";
import type { Settlement } from "../sync/settle.ts";
import { latencyPlot } from "./latency_plot.ts";
import { type Cell, markdown, plain, type RenderedResult, shortened, table } from "./rendered_result.ts";

/** A settlement as its step answers it. */
export interface ReportedSettlement extends Settlement {
  /** Alerts that could not be told; the next run tries again. */
  readonly alert_problems: readonly string[];
}

/** How a run ended, for a reader in Windmill: figures, a plot of the latencies, what was not acknowledged and why; the settlement itself comes last. */
export function settlementReport(
  sync: string,
  settlement: Settlement,
  alertProblems: readonly string[] = [],
): RenderedResult {
  const { status, message, figures } = settlement;
  const reported: ReportedSettlement = { ...settlement, alert_problems: alertProblems };
  const plot = latencyPlot(figures.latency_histogram);
  return {
    render_all: [
      markdown(
        `### ${plain(sync)}: ${status}${message === null ? "" : ` (${plain(message)})`}`,
        ...alertProblems.map((problem) => `\n${plain(problem)}`),
      ),
      table(["figure", "value"], figureRows(settlement)),
      ...(figures.codes.length === 0 ? [] : [codesTable(figures)]),
      ...(plot === null ? [] : [{ svg: plot }]),
      reported,
    ],
  };
}

/** The settlement in a flow's result; null when the result has none, as that of a run without changes or of a dry run. */
export function settlementOf(result: unknown): ReportedSettlement | null {
  const { render_all } = (result ?? {}) as { render_all?: unknown };
  const parts: readonly unknown[] = Array.isArray(render_all) ? render_all : [];
  const found = parts.find((part) => typeof part === "object" && part !== null && "outcomes" in part);
  return (found ?? null) as ReportedSettlement | null;
}

function figureRows({ outcomes, calls, figures }: Settlement): Record<string, Cell>[] {
  const { pushing_ms, permitted_calls } = figures;
  // A call that HubSpot limited used nothing of what it permits.
  const taken = calls.calls - calls.rate_limited_calls;
  const decided = outcomes.acknowledged + outcomes.rejected;
  const seconds = pushing_ms === null ? 0 : pushing_ms / 1000;
  const figure = (name: string, value: Cell) => (value === null ? [] : [{ figure: name, value }]);
  return [
    ...Object.entries(outcomes).flatMap(([name, count]) => figure(`rows ${name}`, count)),
    ...figure("calls", calls.calls),
    ...figure("calls limited by HubSpot", calls.rate_limited_calls),
    ...figure("latency p50 (ms)", calls.latency_p50_ms),
    ...figure("latency p95 (ms)", calls.latency_p95_ms),
    ...figure("latency p99 (ms)", figures.latency_p99_ms),
    ...figure("latency max (ms)", calls.latency_max_ms),
    ...figure("time of pushing (s)", pushing_ms === null ? null : rounded(seconds)),
    ...figure("rows a second", seconds === 0 ? null : rounded(decided / seconds)),
    ...figure(
      "share of the permitted rate (%)",
      permitted_calls ? rounded((100 * taken) / permitted_calls) : null,
    ),
  ];
}

function codesTable({ codes }: RunFigures) {
  return table(
    ["outcome", "code", "property", "rows", "a row"],
    codes.map(({ outcome, code, property, rows, example_id }) => ({
      outcome,
      code: shortened(code ?? (outcome === "deferred" ? "not sent" : "no answer"), 100),
      property: property === null ? "" : shortened(property, 100),
      rows,
      "a row": shortened(example_id ?? "", 100),
    })),
  );
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
