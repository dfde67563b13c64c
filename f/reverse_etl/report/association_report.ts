import type { AssociationReport } from "../sync/association_run.ts";
import { type Cell, markdown, plain, type RenderedResult, table } from "./rendered_result.ts";

/** What a run did about associations, after what its settle showed; the report itself comes last. */
export function associationReport(
  sync: string,
  report: AssociationReport,
  settled: unknown,
  alertProblems: readonly string[] = [],
): RenderedResult {
  const { planned, codes, created, removed, left, rejected, deferred, unknown, calls, limited } = report;
  const figures = {
    created,
    removed,
    "left in place": left,
    rejected,
    deferred,
    unknown,
    "waiting for a record": planned.waiting,
    calls,
    "calls limited by HubSpot": limited,
  };
  const rows = Object.entries(figures).map(([figure, value]): Record<string, Cell> => ({ figure, value }));
  const reasons = Object.entries(codes).map(([code, count]): Record<string, Cell> => ({ code, count }));
  return {
    render_all: [
      ...partsOf(settled),
      markdown(`### ${plain(sync)}: associations`, ...alertProblems.map((problem) => `\n${plain(problem)}`)),
      table(["figure", "value"], rows),
      ...(reasons.length === 0 ? [] : [table(["code", "count"], reasons)]),
      report,
    ],
  };
}

/** The association report in a flow's result; null when the result has none. */
export function associationsOf(result: unknown): AssociationReport | null {
  const found = partsOf(result).find(
    (part) => typeof part === "object" && part !== null && "planned" in part && "created" in part,
  );
  return (found ?? null) as AssociationReport | null;
}

function partsOf(result: unknown): readonly object[] {
  const { render_all } = (result ?? {}) as { render_all?: unknown };
  return Array.isArray(render_all) ? render_all : [];
}
