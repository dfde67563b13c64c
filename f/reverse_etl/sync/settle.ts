import { randomUUID } from "node:crypto";
import type { Warehouse } from "../warehouse/warehouse.ts";
import { hasCode, RetlError } from "./error.ts";
import { resultsScope } from "./journal.ts";
import { forbidSending, type Lease, proveLease, releaseLease } from "./lease.ts";
import { raiseOverdue } from "./overdue.ts";
import { recordEnd } from "./run_events.ts";
import { type OutcomeCode, type RunFigures, readCalls, readFigures, readFoldedCodes } from "./run_figures.ts";
import {
  type CallCounts,
  changesOf,
  markSettled,
  NO_OUTCOMES,
  type OutcomeCounts,
  outcomeCounts,
  type PlanCounts,
  type RunRecord,
  type RunStatus,
  readRun,
  unsettledRuns,
} from "./runs.ts";
import { type CompiledSync, cell, countOf, SyncSession } from "./sync_session.ts";

/** How a run ended. */
export interface Settlement {
  readonly run_id: string;
  readonly status: RunStatus;
  readonly message: string | null;
  readonly outcomes: OutcomeCounts;
  readonly calls: CallCounts;
  readonly figures: RunFigures;
}

/** What a fold found out about one run. */
interface Folded {
  readonly outcomes: OutcomeCounts;
  readonly codes: readonly OutcomeCode[];
}

/** What a fold writes when there is something to write: state first from what was acknowledged, then doubt on top of it. */
const FOLD = {
  acknowledged: ["fold_replaced", "fold_acknowledged", "fold_cleared"],
  in_doubt: ["fold_doubtful", "fold_doubtful_new"],
  same_record: ["fold_shared"],
  rejected: ["fold_rejected", "fold_rejected_new"],
} as const;

/**
 * R4: folds everything journalled and not folded yet, of any run, into the state and the rejections, closes the run and gives the
 * lease back, in one transaction that first proves its token. A second copy answers what the first one stored.
 *
 * `stopped` is the code of what ended the push early, if anything did. Throws `RETL_LEASE_LOST` when another run took over, and
 * `RETL_COUNTS_DIFFER` when a planned change has no outcome.
 */
export async function settleRun(
  warehouse: Warehouse,
  sync: CompiledSync,
  lease: Lease,
  stopped: string | null,
): Promise<Settlement> {
  const session = new SyncSession(warehouse, sync);
  const settlement = await warehouse.transaction(async (transaction) => {
    const within = session.within(transaction);
    const before = await readRun(within, lease.runId);
    if (before?.settled) return settlementOf(within, lease.runId, before);
    try {
      await proveLease(within, lease);
    } catch (error) {
      if (!hasCode(error, "RETL_LEASE_LOST")) throw error;
      // A copy of this step that waited for the other one finds the lease given back and the run settled.
      const settled = await readRun(within, lease.runId);
      if (settled?.settled && settled.status !== "failed") return settlementOf(within, lease.runId, settled);
      throw error;
    }
    const folded = (await fold(within, NO_RUN)).get(lease.runId);
    const outcomes = requireWhole(session, before?.plan ?? null, folded?.outcomes);
    const end = { status: statusOf(outcomes, stopped), message: stopped, outcomes };
    const { calls, figures: ofCalls } = await readCalls(within, lease.runId);
    const figures = { ...ofCalls, codes: folded?.codes ?? [] };
    await markSettled(within, lease.runId, { ...end, calls, figures });
    const goesOn = sync.config.associations.length > 0;
    await recordEnd(within, lease.runId, { ...end, calls, goesOn });
    await releaseLease(within, lease);
    return { run_id: lease.runId, ...end, calls, figures };
  });
  await prune(session);
  return settlement;
}

/**
 * R9: settles every earlier run of the sync that planned changes and never settled, in one transaction.
 * Answers their run ids; what a run that died may have sent is in doubt afterwards, and nothing is sent before its requests have ended.
 */
export async function settlePredecessors(
  warehouse: Warehouse,
  session: SyncSession,
  lease: Lease,
): Promise<readonly string[]> {
  return warehouse.transaction(async (transaction) => {
    const within = session.within(transaction);
    await proveLease(within, lease);
    const runs = await unsettledRuns(within, lease.runId);
    const folded = await fold(within, lease.runId);
    for (const runId of runs) {
      await raiseOverdue(
        within,
        runId,
        `its worker died or hung, and the run ${lease.runId} settled what it left`,
      );
      const { outcomes, codes } = folded.get(runId) ?? { outcomes: NO_OUTCOMES, codes: [] };
      const { calls, figures } = await readCalls(within, runId);
      const message = `did not settle; settled by the run ${lease.runId}`;
      const end = { status: "failed" as const, message, outcomes, calls };
      await markSettled(within, runId, { ...end, figures: { ...figures, codes } });
      await recordEnd(within, runId, { ...end, goesOn: false });
    }
    return runs;
  });
}

/** Stands for leaving out no run. */
const NO_RUN = "";

/** Folds the entries of every run but one; answers what became of every run that was not settled yet. */
async function fold(session: SyncSession, exceptRun: string): Promise<ReadonlyMap<string, Folded>> {
  const { config, key } = session.sync;
  const { dialect } = session;
  const foldId = randomUUID();
  await session.execute("fold_mark", [foldId, exceptRun]);
  const firstRetryMs = `${config.rejections.first_retry_hours * 3_600_000}`;
  const longestRetryMs = `${config.rejections.max_retry_hours * 3_600_000}`;
  const nextRetryMs = `least(${longestRetryMs}, ${firstRetryMs} * power(2, least(${session.tables.rejections}.attempts, 30)))`;
  const scope = {
    first_retry_at: dialect.addMilliseconds(dialect.now, firstRetryMs),
    next_try_at: dialect.addMilliseconds(dialect.now, nextRetryMs),
  };
  await session.execute("fold_outcomes", [foldId, key, exceptRun], resultsScope(session, "f.results"));
  const rows = await session.query("fold_counts", [foldId]);
  for (const [kind, statements] of Object.entries(FOLD)) {
    if (rows.every((row) => countOf(row, kind) === 0)) continue;
    for (const name of statements) await session.execute(name, [foldId], scope);
  }
  const codes = await readFoldedCodes(session, foldId);
  await session.execute("fold_done", [foldId]);
  const [ambiguous] = await session.query("fold_ambiguous", [foldId, foldId]);
  if (countOf(ambiguous, "requests") > 0) await forbidSending(session);
  return new Map(
    rows
      .filter((row) => countOf(row, "planned") > 0)
      .map((row) => {
        const runId = cell(row, "run_id");
        return [runId, { outcomes: checked(session, row), codes: codes.get(runId) ?? [] }];
      }),
  );
}

/** An empty result is no success: what was planned must be there to be settled. */
function requireWhole(
  session: SyncSession,
  plan: PlanCounts | null,
  outcomes: OutcomeCounts | undefined,
): OutcomeCounts {
  const planned = plan === null ? null : changesOf(plan);
  const found = outcomes === undefined ? 0 : Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  if (outcomes !== undefined && planned === found) return outcomes;
  throw new RetlError("RETL_COUNTS_DIFFER", {
    what: `${session.sync.key}: the run planned ${planned ?? "nothing that is on record"}, but ${found} planned changes are in ${session.tables.changes}.`,
    state: "Nothing was settled; the journal keeps what HubSpot said.",
    next: "Rows of the run's tables are missing (a restore, a delete by hand). The next run puts what was sent in doubt and sends it again.",
    details: { planned, found },
  });
}

/** Promise 6: every planned change has exactly one outcome. */
function checked(session: SyncSession, row: Parameters<typeof outcomeCounts>[0]): OutcomeCounts {
  const outcomes = outcomeCounts(row);
  const planned = countOf(row, "planned");
  const accounted = outcomes.acknowledged + outcomes.rejected + outcomes.deferred + outcomes.unknown;
  if (planned === accounted) return outcomes;
  throw new RetlError("RETL_COUNTS_DIFFER", {
    what: `${session.sync.key}: ${planned} changes were planned, but ${accounted} have an outcome.`,
    state: "Nothing was settled; the journal keeps everything and the next run settles it.",
    next: "This is a defect of Tailrace; keep the tables of the sync as they are and report it.",
    details: { planned, ...outcomes },
  });
}

function statusOf(outcomes: OutcomeCounts, stopped: string | null): RunStatus {
  if (stopped !== null) return "failed";
  return outcomes.deferred + outcomes.unknown > 0 ? "partial" : "succeeded";
}

async function settlementOf(session: SyncSession, runId: string, record: RunRecord): Promise<Settlement> {
  const { status, message, outcomes, calls } = record;
  if (outcomes === null || calls === null)
    throw new Error(`Internal error: the settled run ${runId} has no counts.`);
  return { run_id: runId, status, message, outcomes, calls, figures: await readFigures(session, runId) };
}

/** Retention: what runs that were settled long ago changed and journalled is no longer needed by anything. */
async function prune(session: SyncSession): Promise<void> {
  const { dialect, sync } = session;
  const age = `${-sync.config.retention.settled_days * 86_400_000}`;
  const scope = { cutoff: dialect.addMilliseconds(dialect.now, age) };
  await session.execute("prune_changes", [sync.key], scope);
  await session.execute("prune_journal", [sync.key], scope);
}
