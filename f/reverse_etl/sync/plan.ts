import { createHash } from "node:crypto";
import type { Warehouse } from "../warehouse/warehouse.ts";
import { useApproval } from "./approval.ts";
import { RetlError } from "./error.ts";
import { type Hold, holdsOf } from "./guards.ts";
import { acquireLease, type Lease, proveLease, releaseLease, requireSameSync } from "./lease.ts";
import { type Mapping, mappingScope, readMapping, valueKind } from "./mapping.ts";
import type { MappedProperty } from "./preflight.ts";
import { recordEnd, recordStarted } from "./run_events.ts";
import type { RunParams } from "./run_params.ts";
import {
  finishRun,
  markPlanned,
  markSettled,
  NO_OUTCOMES,
  type PlanCounts,
  planCounts,
  readRun,
  startRun,
  unsettledRuns,
} from "./runs.ts";
import { settlePredecessors } from "./settle.ts";
import { type CompiledSync, cell, countOf, SyncSession } from "./sync_session.ts";

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
}

/** A plan inside its transaction, before it is kept or thrown away. */
interface Draft {
  readonly planId: string;
  readonly counts: PlanCounts;
  readonly holds: readonly Hold[];
}

/** Carries a draft out of a transaction that is rolled back. */
class RolledBack extends Error {
  readonly draft: Draft;
  constructor(draft: Draft) {
    super("rolled back");
    this.draft = draft;
  }
}

/**
 * Finds what changed and stores it as the run's plan, in one fenced transaction (R2): a second copy finds the plan's mark and
 * answers what is stored. Without changes it closes the run.
 *
 * Throws `RETL_BUSY`, `RETL_HELD_…` (nothing of the plan is kept), `RETL_PLAN_CHANGED`, `RETL_APPROVAL_UNKNOWN`,
 * `RETL_SOURCE_MISSING`, `RETL_SOURCE_COLUMN`, `RETL_SYNC_CHANGED`, `RETL_RUN_SETTLED`, and what the warehouse throws.
 */
export async function planChanges(
  warehouse: Warehouse,
  sync: CompiledSync,
  runId: string,
  params: RunParams,
): Promise<Plan> {
  const session = new SyncSession(warehouse, sync);
  await requireSameSync(session);
  const mapping = await readMapping(session);
  if (params.dry_run) return dryRun(warehouse, session, mapping, runId, params);

  const lease = await acquireLease(session, runId);
  const predecessors = await settlePredecessors(warehouse, session, lease);
  let plan: Plan | null;
  try {
    plan = await warehouse.transaction(async (transaction) => {
      const within = session.within(transaction);
      await proveLease(within, lease);
      await startRun(within, runId, params);
      const stored = await readRun(within, runId);
      if (stored?.plan) {
        if (stored.settled) await releaseLease(within, lease);
        if (stored.settled && changesOf(stored.plan) > 0) return null;
        return planOf(lease, mapping, { planId: stored.planId ?? "", counts: stored.plan }, predecessors);
      }
      const draft = await draftPlan(within, mapping, runId, params);
      if (params.approve !== null) await useApproval(within, params.approve, draft.planId, draft.counts);
      else if (draft.holds.length > 0) throw new RolledBack(draft);
      await keepPlan(within, lease, draft);
      return planOf(lease, mapping, draft, predecessors);
    });
  } catch (error) {
    if (error instanceof RolledBack) throw await hold(warehouse, session, lease, params, error.draft);
    await giveUpRun(warehouse, session, lease, params, error);
    throw error;
  }
  if (plan === null) throw runSettled(session, runId);
  // A long plan may have used up the lease; the pushes start with a whole one.
  if (plan.status === "planned") await proveLease(session, lease);
  return plan;
}

function runSettled(session: SyncSession, runId: string): RetlError {
  return new RetlError("RETL_RUN_SETTLED", {
    what: `The run ${runId} of ${session.sync.key} planned its changes before and is settled.`,
    state: "Nothing was planned or sent again.",
    next: "Start a new run; it finds whatever has changed since.",
  });
}

async function draftPlan(
  session: SyncSession,
  mapping: Mapping,
  runId: string,
  params: RunParams,
): Promise<Draft> {
  const { dialect, sync } = session;
  const count = (name: string, expression: string) => [name, `cast(${expression} as varchar)`] as const;
  await session.execute("plan_changes", [runId, params.resync], {
    ...mappingScope(mapping, dialect),
    payload_text: dialect.jsonText("payload"),
    operation:
      sync.config.operation_mode === "update"
        ? "'update'"
        : "case when known then 'update' else 'create' end",
    plan_hash: dialect.hashOfRows(["id", "operation", "row_hash", dialect.jsonText("payload")]),
    counts: dialect.object([
      count("rows_read", `(select count(*) from ${session.tables.source})`),
      count("compared", "compared_counts.compared"),
      count("known", "compared_counts.known"),
      count("removed", "compared_counts.removed"),
      count("unchanged", "compared_counts.unchanged + listed_counts.refreshed"),
      count("to_create", "listed_counts.to_create"),
      count("to_update", "listed_counts.to_update"),
      count("changed", "listed_counts.changed + compared_counts.differing"),
      count("skipped", "listed_counts.waiting"),
      count("refused", "listed_counts.missing_id + listed_counts.duplicate_id"),
    ]),
  });
  const [row] = await session.query("plan_read", [runId], { counts_text: dialect.jsonText("payload") });
  const found = JSON.parse(cell(row, "counts")) as Record<string, string>;
  const counts = planCounts(found);
  const accounted = counts.unchanged + counts.to_create + counts.to_update + counts.skipped + counts.refused;
  if (counts.rows_read !== accounted) {
    throw new RetlError("RETL_COUNTS_DIFFER", {
      what: `${session.sync.key}: ${counts.rows_read} source rows were read, but ${accounted} are accounted for.`,
      state: "The plan was rolled back; nothing was sent.",
      next: "Run again; if it happens again, the source changes while it is read or Tailrace has a defect.",
      details: { ...counts },
    });
  }
  const [state] = await session.query("state_size", []);
  const [history] = await session.query("run_history", [sync.key]);
  const holds = holdsOf(
    {
      plan: counts,
      knownRows: countOf(found, "known"),
      changedRows: countOf(found, "changed"),
      stateRows: countOf(state, "state_rows"),
      acknowledgedBefore: countOf(history, "settled_runs") > 0,
    },
    sync.config.guards,
  );
  const content = [
    mapping.version,
    cell(row, "plan_hash"),
    counts.rows_read,
    ...holds.map(({ code }) => code),
  ];
  return { planId: planIdOf(content), counts, holds };
}

/** Names a plan by its content, so that an approval is for exactly what a person was shown. */
function planIdOf(content: readonly (string | number)[]): string {
  return `plan_${createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16)}`;
}

async function keepPlan(session: SyncSession, lease: Lease, draft: Draft): Promise<void> {
  const { runId } = lease;
  await session.execute("state_refresh", [runId]);
  await session.execute("state_removed", [runId]);
  await session.execute("state_resync", [runId]);
  await session.execute("refusals_gone", [runId]);
  await session.execute("refusals_again", []);
  await session.execute("refusals_new", [runId]);
  await session.execute("rejections_resolved", [runId]);
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
  await markSettled(session, runId, end);
  await recordEnd(session, runId, end);
  await releaseLease(session, lease);
}

/** Records the held plan, gives the lease back (nothing was planned, so nothing is left to settle) and makes the error. */
async function hold(
  warehouse: Warehouse,
  session: SyncSession,
  lease: Lease,
  params: RunParams,
  draft: Draft,
): Promise<RetlError> {
  const reasons = draft.holds.map(({ reason }) => reason).join("; ");
  await endWithoutPlan(warehouse, session, lease, params, {
    status: "held",
    message: reasons,
    planId: draft.planId,
  });
  return new RetlError(draft.holds[0]?.code ?? "RETL_HELD_CHANGED_ROWS", {
    what: `The plan of ${session.sync.key} is held: ${reasons}.`,
    state: "Nothing was sent and nothing of the plan is kept.",
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

/** The same statements as a real plan, rolled back: a dry run shows what would be done and leaves nothing but its record. */
async function dryRun(
  warehouse: Warehouse,
  session: SyncSession,
  mapping: Mapping,
  runId: string,
  params: RunParams,
): Promise<Plan> {
  const predecessors = await unsettledRuns(session, runId);
  const draft = await warehouse
    .transaction(async (transaction): Promise<Draft> => {
      throw new RolledBack(await draftPlan(session.within(transaction), mapping, runId, params));
    })
    .catch((error: unknown) => {
      if (error instanceof RolledBack) return error.draft;
      throw error;
    });
  await startRun(session, runId, params);
  const message = draft.holds.map(({ reason }) => reason).join("; ") || null;
  await finishRun(session, runId, { status: "dry_run", message, planId: draft.planId });
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
  };
}

function planOf(
  lease: Lease,
  mapping: Mapping,
  { planId, counts }: Pick<Draft, "planId" | "counts">,
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
  };
}

function propertiesOf(mapping: Mapping): readonly MappedProperty[] {
  return mapping.columns.map(({ property, kind }) => ({
    destination_name: property,
    valueKind: valueKind(kind),
  }));
}

function changesOf(counts: PlanCounts): number {
  return counts.to_create + counts.to_update;
}
