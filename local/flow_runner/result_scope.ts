/**
 * Which step results an expression reaches by `results.<id>`.
 *
 * Branches and sequential loops write into the scope of the flow around them, so their steps are seen from
 * outside (a loop's by its last iteration). Each iteration of a *parallel* loop has a scope of its own: it
 * sees the steps around the loop and its own, and nobody sees in (worker_flow.rs: `flow_innermost_root_job`
 * is unset for a parallel loop's jobs).
 */
export class ResultScope {
  readonly #results = new Map<string, unknown>();
  readonly #withoutJob = new Set<string>();
  readonly #outer: ResultScope | undefined;

  constructor(outer?: ResultScope) {
    this.#outer = outer;
  }

  set(stepId: string, result: unknown): void {
    this.#results.set(stepId, result);
  }

  /**
   * The module succeeded without a job (an empty branch), so Windmill has nothing to read its result from.
   */
  setWithoutJob(stepId: string): void {
    this.#withoutJob.add(stepId);
  }

  isWithoutJob(stepId: string): boolean {
    return this.#withoutJob.has(stepId) || this.#outer?.isWithoutJob(stepId) === true;
  }

  /** `null` for a step that has no result: not run, in a branch not taken, or unknown. */
  get(stepId: string): unknown {
    if (this.#results.has(stepId)) return this.#results.get(stepId);
    return this.#outer === undefined ? null : this.#outer.get(stepId);
  }
}
