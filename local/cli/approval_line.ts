/** What a plan was made of, as far as the command that approves it has to say it again. */
export interface ApprovedPlan {
  readonly job: string;
  readonly sync: string;
  readonly planId: string;
  /** What the plan was made with; another one makes another plan. */
  readonly resync: string | undefined;
  /** What finds the same resources again. */
  readonly flags: string;
}

/**
 * The command that lets exactly one plan through. It selects the sync alone, because a table that is built again may change the plan.
 */
export function approvalLine({ job, sync, planId, resync, flags }: ApprovedPlan): string {
  const again = resync === undefined || resync === "changes" ? "" : ` --resync ${resync}`;
  return `npx tailrace run ${job} --select ${sync} --approve ${planId}${again}${flags}`;
}
