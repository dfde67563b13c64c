import { RetlError } from "./error.ts";
import type { PlanCounts } from "./runs.ts";
import type { SyncSession } from "./sync_session.ts";

/**
 * Uses up the approval of a held or dry-run plan, inside the transaction that keeps the plan.
 * Throws `RETL_APPROVAL_UNKNOWN` when there is no such plan or it was used, and `RETL_PLAN_CHANGED` when today's plan is another one.
 */
export async function useApproval(
  session: SyncSession,
  approved: string,
  planId: string,
  counts: PlanCounts,
): Promise<void> {
  const { key } = session.sync;
  const plans = await session.query("approval_read", [key, approved]);
  const open = plans.filter((plan) => plan.approval_used_at === null);
  if (open.length === 0) {
    throw new RetlError("RETL_APPROVAL_UNKNOWN", {
      what:
        plans.length === 0
          ? `${key} has no held or dry-run plan ${approved}.`
          : `The approval of ${approved} for ${key} was used already.`,
      state: "Nothing was sent and nothing of the plan is kept.",
      next: "Run with dry_run to see the present plan and its id.",
    });
  }
  if (planId !== approved) {
    throw new RetlError("RETL_PLAN_CHANGED", {
      what: `The source or the state has changed since ${approved} was made: ${key} would now create ${counts.to_create} and update ${counts.to_update} records, as ${planId}.`,
      state: "Nothing was sent; the approval is still unused.",
      next: "Run with dry_run, look at the present plan, and approve that.",
      details: { approved, plan_id: planId, ...counts },
    });
  }
  await session.execute("approval_use", [key, approved]);
}
