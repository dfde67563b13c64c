import type { Asset } from "./asset.ts";
import type { FailureStep, Gate, OpeningStep } from "./compute.ts";

export interface CronSchedule {
  /** Six fields, seconds first. */
  readonly expression: string;
  /** An IANA time zone. */
  readonly timeZone: string;
}

/** When a job runs: `cron("0 0 0 * * *", "UTC")` is every midnight. */
export function cron(expression: string, timeZone: string): CronSchedule {
  return { expression, timeZone };
}

/** A selection of the assets of a graph, with or without a schedule, compiled to one flow. */
export interface Job {
  /** Lower-case words joined by underscores; the flow's name. */
  readonly name: string;
  readonly description: string;
  /** Every asset that the job may compute, and all that these depend on; only external assets need not be listed. */
  readonly assets: readonly Asset[];
  /**
   * Which of the assets the job computes: `"+hubspot/contacts"` with all that it depends on. What a selected asset depends on and what is
   * not selected itself is taken as it is: `"hubspot/contacts"` syncs the table as somebody else left it. A selection without an asset
   * that is published makes a flow of the opening step alone.
   */
  readonly select: string;
  /** How often, in a word for the schedule's file name, such as `daily`; goes with `schedule`. */
  readonly cadence?: string;
  /** Without one, people start the job. */
  readonly schedule?: CronSchedule;
  readonly opening: OpeningStep;
  readonly gate: Gate;
  readonly onFailure: FailureStep;
}

export const JOB_OPTIONS: readonly (keyof Job)[] = [
  "name",
  "description",
  "assets",
  "select",
  "cadence",
  "schedule",
  "opening",
  "gate",
  "onFailure",
];

/** Declares a job. Never throws: `validate` reports the problems of all jobs and assets together. */
export function job(declaration: Job): Job {
  return declaration;
}
