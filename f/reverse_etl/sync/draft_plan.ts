import { createHash } from "node:crypto";
import { type AssociationDifference, associationHolds, compareAssociations } from "./association_plan.ts";
import { refusedByDefinition } from "./definitions_seen.ts";
import { RetlError } from "./error.ts";
import { type Hold, holdsOf, type NewlySuppressed, suppressesTooMany } from "./guards.ts";
import { type Mapping, mappingScope } from "./mapping.ts";
import { operationsOf } from "./operation_mode.ts";
import { isEmptiedByPurge } from "./purge.ts";
import { REFUSALS } from "./refusals.ts";
import type { RunHistory } from "./run_history.ts";
import type { RunParams } from "./run_params.ts";
import { changesOf, type PlanCounts, planCounts } from "./runs.ts";
import type { Scope } from "./statement.ts";
import { liftedRows, suppressionScope } from "./suppressions.ts";
import type { SyncConfig } from "./sync_config.ts";
import { cell, countOf, type SyncSession } from "./sync_session.ts";

/** A plan inside its transaction, before it is kept or thrown away. */
export interface Draft {
  readonly planId: string;
  readonly counts: PlanCounts;
  readonly holds: readonly Hold[];
  /** What the plan owes to the state and the rejections. */
  readonly bookkeeping: Bookkeeping;
  readonly associations: AssociationDifference | null;
}

/** Rows that a kept plan writes elsewhere; a statement without any is not run. */
export interface Bookkeeping {
  /** Rows whose hash differs but that are not sent, so that the state takes their hash. */
  readonly refreshed: number;
  /** Rows that left the source and whose records are left. */
  readonly left: number;
  /** Rows that this run asks for again; those that an earlier one asked for are written down already. */
  readonly resent: number;
  /** Rows of the rejections, and source rows that join them. */
  readonly rejections: number;
}

/** What `row_hash` says of a row that is gone from the source, in a change, in the state and in the rejections. */
const REMOVED_HASH = "'removed'";

/**
 * Writes the rows of a plan and reads what they amount to; `suppressed` is what there was before any purge of the run. Throws
 * `RETL_COUNTS_DIFFER` when the rows of the plan do not account for every row.
 */
export async function draftPlan(
  session: SyncSession,
  mapping: Mapping,
  runId: string,
  params: RunParams,
  history: RunHistory,
  suppressed: NewlySuppressed,
): Promise<Draft> {
  const { dialect, sync } = session;
  const count = (name: string, expression = name) => [name, `cast(${expression} as varchar)`] as const;
  const scope = mappingScope(mapping, dialect);
  await session.execute("plan_changes", [runId, sync.key], {
    ...suppressionScope(session),
    ...scope,
    ...modeScope(sync.config, String(scope.cleared), dialect.object([])),
    ...REFUSALS,
    some_were_deferred: history.deferringRuns > 0,
    resync_all: params.resync === "all",
    resync_rejected: params.resync === "rejected",
    not_waiting: refusedByDefinition(params.definitions_changed === true),
    payload_text: dialect.jsonText("payload"),
    plan_hash: dialect.hashOfRows(
      ["id", "operation", "row_hash", dialect.jsonText("payload")],
      "operation <> 'skip' or reason = 'removed'",
    ),
    counts: dialect.fullObject([
      count("rows_read"),
      count("state_rows"),
      count("source_pairs"),
      count("state_pairs"),
      count("known", "same + known"),
      count("unchanged", "same + refreshed"),
      count("to_create"),
      count("to_update"),
      count("to_archive"),
      count("to_clear"),
      count("removed"),
      count("changed", "changed + differing"),
      count("skipped"),
      count("refused"),
      count("refreshed", "to_refresh"),
      count("left", "left_alone"),
      count("resent"),
      count("rejections", `(select count(*) from ${session.tables.rejections})`),
    ]),
  });
  const [row] = await session.query("plan_read", [runId], { counts_text: dialect.jsonText("payload") });
  const found = JSON.parse(cell(row, "counts")) as Record<string, string>;
  const counts = planCounts(found);
  requireAccounted(session, counts, countOf(found, "source_pairs") - countOf(found, "state_pairs"));
  const stateRows = countOf(found, "state_rows");
  const isLost = stateRows === 0 && history.acknowledgingRuns > 0 && !(await isEmptiedByPurge(session));
  const associations = await compareAssociations(session, params.resync);
  const rowHolds = holdsOf(
    {
      plan: counts,
      knownRows: countOf(found, "known"),
      changedRows: countOf(found, "changed"),
      stateIsLost: isLost,
      lifted: await liftedRows(session, runId),
      suppressed,
    },
    sync.config.guards,
  );
  const holds =
    associations === null ? rowHolds : [...rowHolds, ...associationHolds(associations, sync.config.guards)];
  const content = [
    mapping.version,
    cell(row, "plan_hash"),
    counts.rows_read,
    ...holds.map(({ code }) => code),
    // What is purged is no change of the plan, but part of what is approved.
    ...(suppressesTooMany(suppressed, sync.config.guards) ? [suppressed.suppressedRows] : []),
    ...(associations === null ? [] : [associations.content]),
  ];
  const bookkeeping = {
    refreshed: countOf(found, "refreshed"),
    left: countOf(found, "left"),
    resent: params.resync === "all" ? countOf(found, "resent") : 0,
    rejections: countOf(found, "rejections") + counts.refused,
  };
  return { planId: planIdOf(content), counts, holds, bookkeeping, associations };
}

/** What the mode makes of each kind of change, as the plan's statement needs it. */
function modeScope(config: SyncConfig, cleared: string, empty: string): Scope {
  const { added, changed, removed } = operationsOf(config);
  const isLeft = "reason in ('changed', 'resync')";
  const sent =
    added === "update" ? "'update'" : "case when known_hash is not null then 'update' else 'create' end";
  const operation = { leave: "skip", clear: "update", archive: "archive" }[removed];
  return {
    operation: changed === "leave" ? `case when ${isLeft} then 'skip' else ${sent} end` : sent,
    reason: changed === "leave" ? `case when ${isLeft} then 'create_only' else reason end` : "reason",
    changes_are_sent: changed !== "leave",
    is_left: isLeft,
    removed_hash: REMOVED_HASH,
    removed_is_left: removed === "leave",
    removed_is_cleared: removed === "clear",
    removed_operation: `'${operation}'`,
    or_removed: removed === "leave" ? "" : " or reason = 'removed'",
    else_removed:
      removed === "leave" ? "" : ` when reason = 'removed' then ${removed === "clear" ? cleared : empty}`,
  };
}

/** Promise 6: every source row read is unchanged, sent, skipped or refused, and every row of the state was found or is gone. */
function requireAccounted(session: SyncSession, counts: PlanCounts, surplus: number): void {
  const ofSource = changesOf(counts) - counts.to_archive - counts.to_clear;
  const accounted = counts.unchanged + ofSource + counts.skipped + counts.refused;
  if (counts.rows_read === accounted && surplus >= 0) return;
  throw new RetlError("RETL_COUNTS_DIFFER", {
    what: `${session.sync.key}: ${counts.rows_read} source rows were read, but ${accounted + Math.min(0, surplus)} are accounted for.`,
    state: "The plan was rolled back; nothing was sent.",
    next: "Run again; if it happens again, the source changes while it is read or Tailrace has a defect.",
    details: { ...counts },
  });
}

/** Names a plan by its content, so that an approval is for exactly what a person was shown. */
function planIdOf(content: readonly (string | number)[]): string {
  return `plan_${createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16)}`;
}
