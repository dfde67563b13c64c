import type { ErrorCode } from "./error.ts";
import type { PlanCounts } from "./runs.ts";
import type { SyncConfig } from "./sync_config.ts";

/** What the guards look at beside the plan's counts. */
export interface GuardFacts {
  readonly plan: PlanCounts;
  /** Rows that the state knows from an acknowledgement. */
  readonly knownRows: number;
  /** Known rows whose values differ now. */
  readonly changedRows: number;
  /** The state is empty although earlier runs had rows acknowledged, and no purge left it so. */
  readonly stateIsLost: boolean;
  /** Rows that the last plan left out for a list of suppressions that has no id any more. */
  readonly lifted: number;
  readonly suppressed: NewlySuppressed;
}

/** What no purge has seen yet of a list of suppressions. */
export interface NewlySuppressed {
  /** Rows that the state knew from an acknowledgement before any purge of this run. */
  readonly knownRows: number;
  /** Those of them that are suppressed now. */
  readonly suppressedRows: number;
}

/** A reason to hold a run before anything is sent. */
export interface Hold {
  readonly code: Extract<ErrorCode, `RETL_HELD_${string}`>;
  readonly reason: string;
}

/** Whether a list suppresses so many rows at once that it may be a wrong one; nothing is purged for it before somebody has looked at it. */
export function suppressesTooMany(
  { knownRows, suppressedRows }: NewlySuppressed,
  guards: SyncConfig["guards"],
): boolean {
  return suppressedRows > guards.floor_rows && suppressedRows > guards.max_removed_fraction * knownRows;
}

/** Every reason to hold this plan, the gravest first; empty when it may be sent. */
export function holdsOf(facts: GuardFacts, guards: SyncConfig["guards"]): Hold[] {
  const { plan, knownRows, changedRows, suppressed } = facts;
  const holds: Hold[] = [];
  if (facts.stateIsLost) {
    holds.push({
      code: "RETL_HELD_STATE_LOST",
      reason:
        "the state is empty although earlier runs had rows acknowledged, so it was lost and every row would be sent again",
    });
  }
  if (facts.lifted > 0) {
    holds.push({
      code: "RETL_HELD_EMPTY_SUPPRESSIONS",
      reason: `the suppressions have no id, although the last plan left ${facts.lifted} rows out for them, and people who were deleted may be sent again`,
    });
  }
  if (suppressesTooMany(suppressed, guards)) {
    holds.push({
      code: "RETL_HELD_SUPPRESSED_ROWS",
      reason: `${suppressed.suppressedRows} of ${suppressed.knownRows} known rows are suppressed now (${percent(suppressed.suppressedRows, suppressed.knownRows)}; allowed: ${percent(guards.max_removed_fraction, 1)}), and nothing was purged yet`,
    });
  }
  if (plan.rows_read === 0) {
    holds.push({ code: "RETL_HELD_EMPTY_SOURCE", reason: "the source table has no rows" });
  }
  if (plan.removed > guards.floor_rows && plan.removed > guards.max_removed_fraction * knownRows) {
    holds.push({
      code: "RETL_HELD_REMOVED_ROWS",
      reason: `${plan.removed} of ${knownRows} known rows are missing in the source (${percent(plan.removed, knownRows)}; allowed: ${percent(guards.max_removed_fraction, 1)})`,
    });
  }
  if (changedRows > guards.floor_rows && changedRows > guards.max_changed_fraction * knownRows) {
    holds.push({
      code: "RETL_HELD_CHANGED_ROWS",
      reason: `${changedRows} of ${knownRows} known rows have changed (${percent(changedRows, knownRows)}; allowed: ${percent(guards.max_changed_fraction, 1)})`,
    });
  }
  return holds;
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}
