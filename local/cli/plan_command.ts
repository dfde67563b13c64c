import { reachableAssets } from "../../f/asset_graph/graph.ts";
import type { PlanAnswer } from "../../f/reverse_etl/report/plan_rendering.ts";
import { AS_IT_IS } from "../../f/reverse_etl/report/property_changes.ts";
import { isRecord } from "../flow_runner/job_result.ts";
import { type ApprovedPlan, approvalLine } from "./approval_line.ts";
import { type CommandResult, EXIT } from "./command_result.ts";
import { type Cell, counted, durationText, type Printer, whole } from "./printer.ts";
import { type DeclaredSync, findJob, loadProject, type Project, syncsOf } from "./project.ts";
import { failureOfRun, runJob } from "./run_command.ts";
import { needsOf } from "./run_compiled_flow.ts";
import type { Surroundings } from "./surroundings.ts";
import { ENVIRONMENT, type WorkspaceOptions, withWorkspace } from "./workspace.ts";

export interface PlanOptions extends WorkspaceOptions {
  readonly resync?: string;
  readonly showValues?: boolean;
}

/** One sync's plan, as `plan_report` tells it. */
interface ShownPlan {
  readonly sync: string;
  readonly plan: PlanAnswer;
  /** Lines of the before-and-after table, a property each. */
  readonly sample: readonly Readonly<Record<string, Cell>>[];
  /** What lets exactly this plan through. */
  readonly approve: string;
}

/** A dry run: shows what a run would send, under the id that approves it. Sends nothing; the tables of the source are built. */
export async function planCommand(
  surroundings: Surroundings,
  name: string,
  options: PlanOptions,
): Promise<CommandResult> {
  const { job, select } = plannedPart(await loadProject(surroundings), name);
  return withWorkspace(surroundings, options, needsOf(job.flow), async (open) => {
    const plans: ShownPlan[] = [];
    const environment = open.workspace.variables[ENVIRONMENT];
    // The gate keeps a run from sending; a dry run sends nothing, and behind the gate is what it shows.
    const workspace = {
      ...open.workspace,
      variables: { ...open.workspace.variables, [ENVIRONMENT]: "prod" },
    };
    const args = {
      dry_run: true,
      show_values: options.showValues === true,
      ...(select === null ? {} : { select }),
      ...(options.resync === undefined ? {} : { resync: options.resync }),
    };
    const run = await runJob(
      surroundings,
      job,
      args,
      { workspace },
      {
        onResult(path, { sync }, result) {
          if (!path.endsWith("/plan_report") || !isRecord(sync)) return;
          const shown = shownPlan(String(sync.key), result, {
            job: job.job.name,
            resync: options.resync,
            flags: open.flags,
          });
          if (shown !== null) plans.push(shown);
        },
      },
    );
    const failure = failureOfRun(run, [], { job, resync: options.resync, open });
    const note =
      environment === "prod"
        ? null
        : `a run would send nothing: ${ENVIRONMENT} is ${environment ?? "not set"}`;
    const held = plans.some(({ plan }) => plan.would_hold.length > 0);
    // What could not be looked at may be a problem, too.
    const refused = plans.some(({ plan }) => plan.mapping_problems.length + plan.not_read.length > 0);
    return {
      exit: failure?.exit ?? (refused ? EXIT.problems : held ? EXIT.held : EXIT.fine),
      document: {
        job: job.job.name,
        run_id: run.jobId,
        note,
        plans,
        ...(failure === null ? {} : { error: { code: failure.code, message: failure.message.trim() } }),
      },
      text: (printer) =>
        [
          ...plans.map((plan) => planText(printer, plan, options.showValues === true)),
          ...(note === null ? [] : [printer.colors.yellow(note)]),
          ...(failure === null ? [] : [`${printer.colors.red(failure.code)}: ${failure.message.trim()}`]),
        ].join("\n\n"),
    };
  });
}

/** A job as a whole, or a sync with the tables that it reads, but without the syncs that it follows. */
function plannedPart(project: Project, name: string): { job: DeclaredSync["job"]; select: string | null } {
  const declared = project.syncs.find(({ sync }) => sync.key === name);
  if (declared === undefined)
    return {
      job: findJob(
        project,
        name,
        project.syncs.map(({ sync }) => sync.key),
      ),
      select: null,
    };
  const built = reachableAssets([declared.asset]).filter(({ compute }) => compute?.stage === "opening");
  const keys = [name, ...built.map(({ key }) => key)];
  const { job } = declared;
  return { job, select: syncsOf(job).length === 1 ? null : keys.join(" or ") };
}

function shownPlan(
  sync: string,
  result: unknown,
  { job, resync, flags }: Omit<ApprovedPlan, "sync" | "planId">,
): ShownPlan | null {
  const parts: readonly unknown[] =
    isRecord(result) && Array.isArray(result.render_all) ? result.render_all : [];
  const plan = parts.find((part): part is PlanAnswer => isRecord(part) && part.status === "dry_run");
  if (plan === undefined) return null;
  const tables = parts.flatMap((part) => {
    const rows = isRecord(part) ? part["table-row-object"] : null;
    return Array.isArray(rows) ? [rows as readonly unknown[]] : [];
  });
  const lines =
    tables.find(([columns]) => Array.isArray(columns) && columns.includes("before"))?.slice(1) ?? [];
  const approve = approvalLine({ job, sync, planId: plan.plan_id, resync, flags });
  return { sync, plan, sample: lines as ShownPlan["sample"], approve };
}

function planText(printer: Printer, { sync, plan, sample, approve }: ShownPlan, values: boolean): string {
  const { colors } = printer;
  const { counts, estimate, would_hold, mapping_problems, not_read, associations, refusals } = plan;
  const links = (associations?.to_create ?? 0) + (associations?.to_remove ?? 0);
  const took = estimate.seconds < 1 ? "less than a second" : `about ${durationText(estimate.seconds * 1000)}`;
  return [
    `${printer.heading(sync)}  ${counted(plan.changes, "change")}  ${colors.dim(`${plan.plan_id}, nothing was sent`)}`,
    printer.table(
      Object.keys(counts).map((count) => count.replaceAll("_", " ")),
      [Object.values(counts)],
    ),
    ...(plan.changes === 0
      ? []
      : not_read.length > 0
        ? [`  ${counted(estimate.calls, "call")}; how long they take is not known`]
        : [`  ${counted(estimate.calls, "call")}, ${took} at the present limits`]),
    ...(associations === null
      ? []
      : [
          `  ${counted(associations.to_create, "association")} to make, ${whole(associations.to_remove)} to remove, as far as the records are known`,
        ]),
    ...(estimate.rows_deferred === 0
      ? []
      : [
          colors.yellow(
            `  about ${counted(estimate.rows_deferred, "row")} would wait for another day: the daily limit`,
          ),
        ]),
    ...refusals.map(({ code, property, rows }) =>
      colors.yellow(`  ${counted(rows, "row")} refused: ${code}${property === null ? "" : ` ${property}`}`),
    ),
    ...would_hold.map((reason) => colors.red(`  would be held: ${reason}`)),
    ...mapping_problems.map(({ property, code, problem, fix }) =>
      colors.red(`  HubSpot would refuse every row: ${property} ${code}: ${problem}. ${fix}`),
    ),
    ...not_read.map((reason) => colors.yellow(`  could not be looked at: ${reason}`)),
    ...plan.unsettled_predecessors.map((run) =>
      colors.yellow(
        `  the run ${run} did not settle; the next run settles it first, which may change the plan`,
      ),
    ),
    ...(sample.length === 0 ? [] : ["", sampleText(printer, sample)]),
    ...(values || sample.every(({ change }) => change === AS_IT_IS)
      ? []
      : [colors.dim("  --show-values shows the values themselves")]),
    // A plan with mapping problems is refused before anything is sent, approved or not.
    ...(plan.changes + links === 0 || mapping_problems.length > 0
      ? []
      : ["", `  To send exactly this: ${approve}`]),
  ].join("\n");
}

/** A resync sends what HubSpot has already, too: of that only the number is shown. */
function sampleText(printer: Printer, sample: ShownPlan["sample"]): string {
  const head = ["row", "operation", "property", "before", "after", "change"];
  const differing = sample.filter(({ change }) => change !== AS_IT_IS);
  const same = sample.length - differing.length;
  return [
    ...(differing.length === 0
      ? []
      : [
          printer.table(
            head,
            differing.map((line) => head.map((name) => String(line[name] ?? ""))),
          ),
        ]),
    ...(same === 0
      ? []
      : [printer.colors.dim(`  ${counted(same, "value")} of the sample HubSpot has already, as sent`)]),
  ].join("\n");
}
