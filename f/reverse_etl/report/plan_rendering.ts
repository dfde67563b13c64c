import type { MappingProblem } from "../sync/mapping_problem.ts";
import type { Plan } from "../sync/plan.ts";
import type { PlanRefusal, PlanSample, PresentRecords } from "../sync/plan_sample.ts";
import { CHANGE_COLUMNS, propertyChanges, type ShownAs } from "./property_changes.ts";
import type { LimitReading, PushEstimate } from "./push_estimate.ts";
import { counted, markdown, plain, type RenderedResult, shortened, spell, table } from "./rendered_result.ts";

/** The parts of a plan that its report tells again. */
export type ReportedPlan = Pick<
  Plan,
  "run_id" | "plan_id" | "changes" | "counts" | "associations" | "would_hold" | "unsettled_predecessors"
>;

export interface PlanFacts {
  /** The key of the sync's asset. */
  readonly sync: string;
  readonly plan: ReportedPlan;
  readonly sample: PlanSample;
  readonly present: PresentRecords;
  readonly estimate: PushEstimate;
  readonly limits: LimitReading;
  readonly mappingProblems: readonly MappingProblem[];
  /** Properties that HubSpot lacks and that the run itself creates. */
  readonly creates: readonly string[];
  /** Why the mapping or the present values could not be looked at. */
  readonly notRead: readonly string[];
}

/** The plan as its report answers it to a program. */
export interface PlanAnswer extends ReportedPlan {
  readonly status: "dry_run";
  readonly operations: Readonly<Record<string, number>>;
  readonly refusals: readonly PlanRefusal[];
  readonly estimate: PushEstimate;
  readonly limits: LimitReading;
  readonly mapping_problems: readonly MappingProblem[];
  readonly creates: readonly string[];
  readonly not_read: readonly string[];
}

/** The only problem of a mapping that quotes values of the data. */
const OPTION_MISSING = "OPTION_MISSING";

/** Below the 100 kB that Windmill renders, with the longest names and values that a line can have. */
const MOST_LINES = 150;
const MOST_PROBLEMS = 100;

/** What a dry run found, for a reader in Windmill; the facts themselves come last. Nothing of it names a value unless `shown.values`. */
export function planReport(facts: PlanFacts, shown: ShownAs): RenderedResult {
  const { sync, plan, sample, present, estimate, limits, creates, notRead } = facts;
  const problems = shown.values ? facts.mappingProblems : facts.mappingProblems.map(withoutValues);
  const lines = sample.changes.flatMap((change, index) =>
    propertyChanges(change, present.records[index] ?? { kind: "unknown" }, shown),
  );
  const answer: PlanAnswer = {
    status: "dry_run",
    run_id: plan.run_id,
    plan_id: plan.plan_id,
    changes: plan.changes,
    counts: plan.counts,
    associations: plan.associations,
    would_hold: plan.would_hold,
    unsettled_predecessors: plan.unsettled_predecessors,
    operations: sample.operations,
    refusals: sample.refusals,
    estimate,
    limits,
    mapping_problems: problems,
    creates,
    not_read: notRead,
  };
  return {
    render_all: [
      markdown(`### ${plain(sync)}: plan \`${plan.plan_id}\`, nothing was sent`, "", ...summary(facts)),
      table(
        ["rows", "count"],
        Object.entries(plan.counts).map(([rows, count]) => ({ rows: rows.replaceAll("_", " "), count })),
      ),
      ...(sample.refusals.length === 0 ? [] : [refusalTable(sample.refusals)]),
      ...(problems.length === 0 ? [] : [problemTable(problems)]),
      ...(lines.length === 0
        ? []
        : [sampleHeading(facts, shown, lines.length), table(CHANGE_COLUMNS, lines.slice(0, MOST_LINES))]),
      answer,
    ],
  };
}

function summary({ plan, estimate, limits, mappingProblems, creates, notRead }: PlanFacts): string[] {
  const { would_hold, unsettled_predecessors, associations } = plan;
  const options = mappingProblems.filter(({ code }) => code === OPTION_MISSING).length;
  const grave = mappingProblems.length - options;
  const links = (associations?.to_create ?? 0) + (associations?.to_remove ?? 0);
  return [
    ...would_hold.map((reason) => `- **Would be held**: ${plain(reason)}`),
    ...(grave === 0
      ? []
      : [`- **HubSpot would refuse every row**: ${counted(grave, "problem")} of the mapping, listed below`]),
    ...(options === 0
      ? []
      : [
          `- HubSpot would refuse rows whose options ${options === 1 ? "a property lacks" : "properties lack"}, listed below`,
        ]),
    ...(creates.length === 0 ? [] : [`- The run would create ${creates.map(plain).join(", ")} in HubSpot`]),
    ...notRead.map((reason) => `- Could not be looked at: ${plain(reason)}`),
    ...(unsettled_predecessors.length === 0
      ? []
      : [
          `- ${counted(unsettled_predecessors.length, "earlier run")} did not settle; the next run settles them first, which may change the plan`,
        ]),
    ...(plan.changes === 0 ? ["- No change to send"] : callLines(plan, estimate, limits)),
    ...(associations === null
      ? []
      : [
          `- ${counted(associations.to_create, "association")} to make, ${associations.to_remove} to remove, as far as the records are known`,
        ]),
    ...(plan.changes + links === 0
      ? []
      : [`- To send exactly this: run again with \`approve\` = \`${plan.plan_id}\``]),
  ];
}

function callLines(plan: ReportedPlan, estimate: PushEstimate, limits: LimitReading): string[] {
  const { calls, seconds, calls_today, rows_deferred } = estimate;
  const left =
    limits.remaining === null ? "" : `; ${limits.remaining} of ${limits.max ?? "?"} calls are free now`;
  return [
    `- ${counted(plan.changes, "change")} in ${counted(calls, "call")}, about ${spell(seconds * 1000)}${left}`,
    ...(calls_today === null ? [] : [`- ${counted(calls_today, "call")} left today, the reserve taken off`]),
    ...(rows_deferred === 0
      ? []
      : [`- **About ${counted(rows_deferred, "row")} would wait for another day**: the daily limit`]),
  ];
}

function sampleHeading({ plan, sample }: PlanFacts, shown: ShownAs, lines: number) {
  return markdown(
    `${sample.changes.length} of ${counted(plan.changes, "change")}: what HubSpot holds now, and what would be sent.`,
    ...(shown.values ? [] : ["Values are shown only with `show_values`, because Windmill keeps results."]),
    ...(lines > MOST_LINES ? [`The first ${MOST_LINES} of ${lines} properties.`] : []),
  );
}

function refusalTable(refusals: readonly PlanRefusal[]) {
  return table(
    ["refused rows", "code", "property"],
    refusals
      .slice(0, MOST_PROBLEMS)
      .map(({ code, property, rows }) => ({ "refused rows": rows, code, property: property ?? "" })),
  );
}

function problemTable(problems: readonly MappingProblem[]) {
  return table(
    ["property", "code", "problem", "fix"],
    problems.slice(0, MOST_PROBLEMS).map(({ property, code, problem, fix }) => ({
      property,
      code,
      problem: shortened(problem, 300),
      fix: shortened(fix, 300),
    })),
  );
}

function withoutValues(problem: MappingProblem): MappingProblem {
  if (problem.code !== OPTION_MISSING) return problem;
  return {
    ...problem,
    problem: "the data has options that it lacks; show_values or the preflight command names them",
  };
}
