import type { AssociationReport } from "../../f/reverse_etl/sync/association_run.ts";
import type { CompiledJob } from "../build/compile_flows.ts";
import type { FlowRun } from "../flow_runner/flow_run.ts";
import type { Failure } from "./cli_error.ts";
import { type Cell, type Printer, whole } from "./printer.ts";
import type { RunRecords, RunResult } from "./run_command.ts";

/** How a run went, for people. */
export function runText(
  printer: Printer,
  told: {
    readonly job: CompiledJob;
    readonly run: FlowRun;
    readonly records: RunRecords;
    /** What became of the associations, by sync. */
    readonly associations: ReadonlyMap<string, AssociationReport>;
    readonly failure: Failure | null;
    readonly notPushed: string | null;
    /** What steps threw, those included that a later try made good. */
    readonly stepErrors: readonly string[];
    readonly took: string;
    /** What the run was told to send again. */
    readonly resync: string | undefined;
    /** What finds the same resources again. */
    readonly flags: string;
  },
): string {
  const { colors } = printer;
  const { job, run, records, associations, failure, notPushed, stepErrors, took, flags } = told;
  const resync = told.resync === undefined ? "" : ` --resync ${told.resync}`;
  const word = failure === null ? colors.green("succeeded") : colors.red("failed");
  return [
    `${printer.heading(job.job.name)}  ${word} in ${took}  ${colors.dim(`run ${run.jobId}`)}`,
    ...(notPushed === null ? [] : [`  Nothing was pushed: ${notPushed}.`]),
    ...(records.length === 0 ? [] : [recordTable(printer, records)]),
    ...records.flatMap(([sync, record]) => putOffText(sync, record)),
    ...[...associations].map(([sync, report]) => associationText(sync, report)),
    ...(failure === null ? [] : [`  ${colors.red(failure.code)}: ${failure.message.trim()}`]),
    // The error of the flow repeats that of a step, unless a loop or settle stands between the two.
    ...(failure === null
      ? []
      : stepErrors.filter((line) => !line.includes(failure.message.trim().slice(0, 80)))
    ).map((line) => `  ${colors.dim(line)}`),
    ...records
      .filter(([, { status }]) => status === "dry_run")
      .map(
        ([sync, { planId }]) =>
          `  nothing was sent; what ${planId} would send: npx tailrace plan ${sync}${resync}${flags}`,
      ),
    ...records
      .filter(
        ([sync, { outcomes }]) => (outcomes?.rejected ?? 0) + (associations.get(sync)?.rejected ?? 0) > 0,
      )
      .map(([sync]) => `  ${colors.dim(`rejected rows: npx tailrace errors ${sync}${flags}`)}`),
  ].join("\n");
}

function putOffText(sync: string, { outcomes, putOffFor }: RunResult): string[] {
  if (outcomes === null || outcomes.deferred === 0 || putOffFor.length === 0) return [];
  return [
    `  ${whole(outcomes.deferred)} rows of ${sync} were not sent (${putOffFor.join(", ")}); the next run sends them`,
  ];
}

function associationText(sync: string, report: AssociationReport): string {
  const { created, removed, left, rejected, deferred, unknown, planned } = report;
  const counts = { created, removed, left, rejected, deferred, unknown, waiting: planned.waiting };
  const told = Object.entries(counts).flatMap(([name, count]) =>
    count > 0 ? [`${whole(count)} ${name}`] : [],
  );
  return `  associations of ${sync}: ${told.join(", ") || "nothing to do"}`;
}

function recordTable(printer: Printer, records: RunRecords): string {
  const columns = records.map(
    ([sync, { status, plan, outcomes, calls }]): Record<string, Cell> => ({
      sync,
      status,
      ...plan,
      ...outcomes,
      calls: calls?.calls ?? null,
      limited: calls?.rate_limited_calls ?? null,
      "p95 ms": calls?.latency_p95_ms ?? null,
    }),
  );
  // A run that was held or went without changes has fewer columns than one that pushed.
  const names = [...new Set(columns.flatMap((column) => Object.keys(column)))];
  return printer.table(
    names.map((name) => name.replace(/^(to|rows)_/, "")),
    columns.map((column) => names.map((name) => column[name] ?? null)),
  );
}
