import type { FlowModule } from "./openflow_input.ts";

/**
 * How many jobs Windmill would create for the same run. Each costs it a row, a worker's turn and about 50 ms.
 *
 * The rule, read in worker_flow.rs (`push_next_flow_job`, `compute_next_flow_transform`,
 * `payload_from_modules`) of Windmill's public source:
 * - the flow itself is one job, every attempt at a step (retries and the failure step included) one more;
 * - a module skipped by `skip_if` and an `identity` module are an identity job each, also when a whole branch
 *   is skipped;
 * - an iteration is a sub-flow job and its steps' jobs; a deployed *sequential* loop over one plain script,
 *   in a flow without failure step, has no sub-flow: one job an iteration; a loop over nothing has none;
 * - the taken branch of a `branchone` is a sub-flow job and its steps' jobs, an empty branch none;
 * - every branch of a `branchall`, also an empty one, is a sub-flow job and its steps' jobs.
 */
export class JobCount {
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(): void {
    this.#total += 1;
  }
}

/** True when Windmill runs each iteration of this sequential loop as a single job (`is_simple_modules`). */
export function isCollapsedLoop(modules: readonly FlowModule[], hasFailureModule: boolean): boolean {
  const [only, ...others] = modules;
  if (only === undefined || others.length > 0 || hasFailureModule) return false;
  return (
    (only.value.type === "script" || only.value.type === "rawscript") &&
    only.retry === undefined &&
    only.sleep === undefined &&
    only.stop_after_if === undefined &&
    only.skip_if === undefined
  );
}
