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

/** A selection of the assets of a graph with a schedule, compiled to one flow. */
export interface Job {
  /** Lower-case words joined by underscores; the flow's name. */
  readonly name: string;
  readonly description: string;
  /** Every asset of the project; their dependencies belong to it by themselves. */
  readonly assets: readonly Asset[];
  readonly select: string;
  /** How often, in a word for the schedule's file name, such as `daily`. */
  readonly cadence: string;
  readonly schedule: CronSchedule;
  readonly opening: OpeningStep;
  readonly gate: Gate;
  readonly onFailure: FailureStep;
}

export function job(declaration: Job): Job {
  return declaration;
}
