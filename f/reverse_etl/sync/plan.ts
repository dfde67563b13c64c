import type { Warehouse } from "../warehouse/warehouse.ts";
import { useApproval } from "./approval.ts";
import { type AssociationCounts, compareAssociations, isPending } from "./association_plan.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type Draft, draftPlan } from "./draft_plan.ts";
import { hasCode, RetlError } from "./error.ts";
import { suppressesTooMany } from "./guards.ts";
import { acquireLease, type Lease, proveLease, releaseLease, requireSameSync } from "./lease.ts";
import { type Mapping, readMapping, valueKind } from "./mapping.ts";
import { raiseOverdue } from "./overdue.ts";
import type { MappedProperty } from "./preflight.ts";
import { purgeSuppressed } from "./purge.ts";
import { REFUSALS } from "./refusals.ts";
import { recordEnd, recordStarted } from "./run_events.ts";
import { isSettled, readHistory } from "./run_history.ts";
import type { RunParams } from "./run_params.ts";
import {
  changesOf,
  finishRun,
  markPlanned,
  markSettled,
  NO_OUTCOMES,
  type PlanCounts,
  readRun,
  startRun,
  unsettledRuns,
} from "./runs.ts";
import { settlePredecessors } from "./settle.ts";
import { readSuppressed } from "./suppressions.ts";
import { type CompiledSync, SyncSession } from "./sync_session.ts";

/** What `diff_insert` found and stored. */
export interface Plan {
  readonly run_id: string;
  /** The lease's token; null for a dry run, which takes no lease. */
  readonly token: string | null;
  readonly plan_id: string;
  readonly status: "planned" | "no_changes" | "dry_run";
  /** Changes to send, `seq` 1 to this number. */
  readonly changes: number;
  readonly counts: PlanCounts;
  /** The mapped properties and what the source's columns hold. */
  readonly properties: readonly MappedProperty[];
  /** Reasons for which the same plan would be held; only a dry run has any. */
  readonly would_hold: readonly string[];
  /** Runs that ended without settling: settled by this run, or left alone by a dry run. */
  readonly unsettled_predecessors: readonly string[];
  /** What is to be associated as far as the record ids are known before the push; null for a sync without associations. */
  readonly associations: AssociationCounts | null;
  /** Whether the step that associates the records has, or after the push may have, something to do. */
  readonly associate: boolean;
}

/**
 * Finds what changed and stores it as the run's plan, in one fenced transaction (R2): a second copy finds the plan's mark and
 * answers what is stored. Without changes it closes the run. What is kept of suppressed rows goes in the same transaction, also when
 * the plan is held, but not while it is held for how much would go.
 *
 * Throws `RETL_BUSY`, `RETL_HELD_…`, `RETL_PLAN_CHANGED`, `RETL_APPROVAL_UNKNOWN`,
 * `RETL_SOURCE_MISSING`, `RETL_SOURCE_COLUMN`, `RETL_SYNC_CHANGED`, `RETL_RUN_SETTLED`, and what the warehouse throws.
 */
export async function planChanges(
  warehouse: Warehouse,
  sync: CompiledSync,
  runId: string,
  params: RunParams,
  clock: Clock = systemClock,
): Promise<Plan> {
  const session = new SyncSession(warehouse, sync);
  if (params.dry_run) {
    await requireSameSync(session);
    return dryRun(warehouse, session, await readMapping(session), runId, params);
  }
  const mapping = await readMapping(session);
  const lease = await leaseFor(session, runId);
  const before = await readHistory(session, runId);
  const predecessors = isSettled(before) ? [] : await settlePredecessors(warehouse, session, lease);
  const history = isSettled(before) ? before : await readHistory(session, runId);
  const fencedAt = clock.now();
  let end: Plan | Held | "settled";
  try {
    end = await warehouse.transaction(async (transaction) => {
      const within = session.within(transaction);
      await proveLease(within, lease);
      const stored = (await startRun(within, runId, params)) ? null : await readRun(within, runId);
      if (stored?.plan) {
        if (stored.settled) await releaseLease(within, lease);
        if (stored.settled && changesOf(stored.plan) > 0) return "settled";
        const associations = await compareAssociations(within, params.resync);
        const kept = { planId: stored.planId ?? "", counts: stored.plan, associations };
        return planOf(lease, mapping, kept, predecessors);
      }
      if (stored !== null && stored.status !== "running") await within.execute("plan_discard", [runId]);
      const suppressed = await readSuppressed(within);
      const isListHeld = params.approve === null && suppressesTooMany(suppressed, sync.config.guards);
      if (!isListHeld) await purgeSuppressed(within, runId, suppressed);
      const draft = await draftPlan(within, mapping, runId, params, history, suppressed);
      if (params.approve !== null) await useApproval(within, params.approve, runId, draft);
      else if (draft.holds.length > 0) {
        await finishRun(within, runId, { status: "held", message: reasonsOf(draft), planId: draft.planId });
        // Nothing was planned, so nothing is left to settle.
        await releaseLease(within, lease);
        return { held: draft };
      }
      await keepPlan(within, lease, draft);
      return planOf(lease, mapping, draft, predecessors);
    });
  } catch (error) {
    await giveUpRun(warehouse, session, lease, params, error);
    throw error;
  }
  if (end === "settled") throw runSettled(session, runId);
  if ("held" in end) throw heldError(session, end.held);
  // A long plan may have used up the lease; the pushes start with a whole one.
  const isLong = clock.now() - fencedAt > sync.config.timings.lease_extend_seconds * 1000;
  if (end.status === "planned" && isLong) await proveLease(session, lease);
  return end;
}

/** Takes the lease; a run that keeps this one waiting for longer than it may take raises its alert here. */
async function leaseFor(session: SyncSession, runId: string): Promise<Lease> {
  try {
    return await acquireLease(session, runId);
  } catch (error) {
    if (hasCode(error, "RETL_BUSY") && error instanceof RetlError) {
      const { lease_seconds } = session.sync.config.timings;
      const next = `look at it, and cancel it if it hangs; its lease then ends within ${lease_seconds} s, and the next run settles what it left`;
      // That the sync is busy is what is to be told here; an alert that could not be noted is noted by the next run.
      await raiseOverdue(session, String(error.details.holder), next).catch(() => undefined);
    }
    throw error;
  }
}

function runSettled(session: SyncSession, runId: string): RetlError {
  return new RetlError("RETL_RUN_SETTLED", {
    what: `The run ${runId} of ${session.sync.key} planned its changes before and is settled.`,
    state: "Nothing was planned or sent again.",
    next: "Start a new run; it finds whatever has changed since.",
  });
}

async function keepPlan(session: SyncSession, lease: Lease, draft: Draft): Promise<void> {
  const { runId } = lease;
  const { refreshed, left, resent, rejections } = draft.bookkeeping;
  if (refreshed > 0) await session.execute("state_refresh", [runId]);
  if (left > 0) await session.execute("state_removed", [runId]);
  if (resent > 0) await session.execute("state_resync", [runId], REFUSALS);
  if (rejections > 0) {
    await session.execute("refusals_gone", [runId], REFUSALS);
    await session.execute("refusals_again", []);
    await session.execute("refusals_new", [runId], REFUSALS);
    await session.execute("rejections_resolved", [runId], REFUSALS);
  }
  await markPlanned(session, runId, draft.planId, draft.counts);
  await recordStarted(session, runId, draft.counts);
  if (changesOf(draft.counts) > 0) return;
  const end = {
    status: "succeeded" as const,
    message: null,
    outcomes: NO_OUTCOMES,
    calls: {
      calls: 0,
      rate_limited_calls: 0,
      latency_p50_ms: null,
      latency_p95_ms: null,
      latency_max_ms: null,
    },
  };
  await markSettled(session, runId, { ...end, figures: null });
  const goesOn = draft.associations !== null && isPending(draft.associations);
  await recordEnd(session, runId, { ...end, goesOn });
  await releaseLease(session, lease);
}

/** A plan that the guards hold: its rows are kept under its own run, for a person to look at. */
interface Held {
  readonly held: Draft;
}

const reasonsOf = ({ holds }: Draft) => holds.map(({ reason }) => reason).join("; ");

function heldError(session: SyncSession, draft: Draft): RetlError {
  return new RetlError(draft.holds[0]?.code ?? "RETL_HELD_CHANGED_ROWS", {
    what: `The plan of ${session.sync.key} is held: ${reasonsOf(draft)}.`,
    state: `Nothing was sent; what would be is in ${session.tables.changes}.`,
    next: `If the source is right, run again with approve = ${draft.planId}; it lets exactly this plan through, once.`,
    details: { plan_id: draft.planId, holds: draft.holds.map(({ code }) => code), ...draft.counts },
  });
}

/** A run that fails before its plan leaves nothing to settle, so the next run need not wait for the lease to expire. */
async function giveUpRun(
  warehouse: Warehouse,
  session: SyncSession,
  lease: Lease,
  params: RunParams,
  error: unknown,
): Promise<void> {
  if (!(error instanceof RetlError) || error.code === "RETL_LEASE_LOST") return;
  if (error.code.startsWith("RETL_WAREHOUSE")) return;
  const end = { status: "failed", message: error.code, planId: null } as const;
  await endWithoutPlan(warehouse, session, lease, params, end);
}

async function endWithoutPlan(
  warehouse: Warehouse,
  session: SyncSession,
  lease: Lease,
  params: RunParams,
  end: Parameters<typeof finishRun>[2],
): Promise<void> {
  await warehouse.transaction(async (transaction) => {
    const within = session.within(transaction);
    await proveLease(within, lease);
    await startRun(within, lease.runId, params);
    // Another copy of the step may have kept its plan meanwhile; then the run goes on with that.
    if ((await readRun(within, lease.runId))?.plan) return;
    await finishRun(within, lease.runId, end);
    await releaseLease(within, lease);
  });
}

/** The same statements as a real plan: a dry run keeps its rows under its own run and leaves everything else as it is. */
async function dryRun(
  warehouse: Warehouse,
  session: SyncSession,
  mapping: Mapping,
  runId: string,
  params: RunParams,
): Promise<Plan> {
  const predecessors = await unsettledRuns(session, runId);
  await startRun(session, runId, params);
  const draft = await warehouse.transaction(async (transaction) => {
    const within = session.within(transaction);
    const end = { status: "dry_run", message: null, planId: null } as const;
    // Written first, so that a second copy of the step waits and then takes the place of this one's rows.
    await finishRun(within, runId, end);
    await within.execute("plan_discard", [runId]);
    const before = await readHistory(within, runId);
    const drafted = await draftPlan(within, mapping, runId, params, before, await readSuppressed(within));
    await finishRun(within, runId, { ...end, message: reasonsOf(drafted) || null, planId: drafted.planId });
    return drafted;
  });
  return {
    run_id: runId,
    token: null,
    plan_id: draft.planId,
    status: "dry_run",
    changes: changesOf(draft.counts),
    counts: draft.counts,
    properties: propertiesOf(mapping),
    would_hold: draft.holds.map(({ code, reason }) => `${code}: ${reason}`),
    unsettled_predecessors: predecessors,
    associations: draft.associations?.counts ?? null,
    associate: false,
  };
}

function planOf(
  lease: Lease,
  mapping: Mapping,
  { planId, counts, associations }: Pick<Draft, "planId" | "counts" | "associations">,
  predecessors: readonly string[],
): Plan {
  const changes = changesOf(counts);
  return {
    run_id: lease.runId,
    token: lease.token,
    plan_id: planId,
    status: changes === 0 ? "no_changes" : "planned",
    changes,
    counts,
    properties: propertiesOf(mapping),
    would_hold: [],
    unsettled_predecessors: predecessors,
    associations: associations?.counts ?? null,
    // What is pushed makes record ids known, so after a push there may be more than is seen now.
    associate: associations !== null && (changes > 0 || isPending(associations)),
  };
}

function propertiesOf(mapping: Mapping): readonly MappedProperty[] {
  return mapping.columns.map(({ property, kind }) => ({
    destination_name: property,
    valueKind: valueKind(kind),
  }));
}
