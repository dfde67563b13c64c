import type { Draft } from "./draft_plan.ts";
import { RetlError } from "./error.ts";
import { cell, countOf, type SyncSession } from "./sync_session.ts";

/** Rows of one operation by which today's plan differs from the approved one. */
interface PlanDifference {
  /** `joined`: only today's plan has them. `left`: only the approved one had. `differs`: both have, and would send something else. */
  readonly difference: "joined" | "left" | "differs";
  readonly operation: string;
  readonly rows: number;
  /** Source ids of at most five of them. */
  readonly ids: readonly string[];
}

/**
 * Uses up the approval of a held or dry-run plan, inside the transaction that keeps the plan.
 * Throws `RETL_APPROVAL_UNKNOWN` when there is no such plan or it was used, and `RETL_PLAN_CHANGED`, with what changed since, when
 * today's plan is another one.
 */
export async function useApproval(
  session: SyncSession,
  approved: string,
  runId: string,
  draft: Draft,
): Promise<void> {
  const { key } = session.sync;
  const plans = await session.query("approval_read", [key, approved]);
  const open = plans.find((plan) => plan.approval_used_at === null);
  if (open === undefined) {
    throw new RetlError("RETL_APPROVAL_UNKNOWN", {
      what:
        plans.length === 0
          ? `${key} has no held or dry-run plan ${approved}.`
          : `The approval of ${approved} for ${key} was used already.`,
      state: "Nothing was sent and nothing of the plan is kept.",
      next: "Run with dry_run to see the present plan and its id.",
    });
  }
  if (draft.planId !== approved) {
    const differences = await differencesBetween(session, runId, cell(open, "run_id"));
    throw new RetlError("RETL_PLAN_CHANGED", {
      what: `The source, the state or the mapping has changed since ${approved} was made: ${textOf(differences)}. ${key} would now ${planText(draft)}, as ${draft.planId}.`,
      state: "Nothing was sent; the approval is still unused.",
      next: "Run with dry_run, look at the present plan, and approve that.",
      details: { approved, plan_id: draft.planId, differences, ...draft.counts },
    });
  }
  await session.execute("approval_use", [key, approved]);
}

async function differencesBetween(
  session: SyncSession,
  runId: string,
  approvedRun: string,
): Promise<readonly PlanDifference[]> {
  const rows = await session.query("approval_differences", [runId, approvedRun, runId, approvedRun], {
    payload_text: session.dialect.jsonText("payload"),
  });
  const found = new Map<string, PlanDifference>();
  for (const row of rows) {
    const difference = cell(row, "difference") as PlanDifference["difference"];
    const operation = cell(row, "operation");
    const name = `${difference} ${operation}`;
    const ids = [...(found.get(name)?.ids ?? []), cell(row, "id")];
    found.set(name, { difference, operation, rows: countOf(row, "differing_rows"), ids });
  }
  return [...found.values()];
}

const DIFFERENCE_TEXT = { joined: "joined it", left: "left it", differs: "would be sent otherwise" } as const;

function textOf(differences: readonly PlanDifference[]): string {
  if (differences.length === 0)
    return "the same rows would be sent, but for another number of source rows or under another mapping, or with other associations or suppressions";
  return differences
    .map(
      ({ difference, operation, rows }) =>
        `${rows} ${rows === 1 ? "row" : "rows"} (${operation}) ${DIFFERENCE_TEXT[difference]}`,
    )
    .join(", ");
}

function planText({ counts }: Draft): string {
  const parts = [`create ${counts.to_create} and update ${counts.to_update} records`];
  if (counts.to_archive > 0) parts.push(`archive ${counts.to_archive}`);
  if (counts.to_clear > 0) parts.push(`clear ${counts.to_clear}`);
  return parts.join(", ");
}
