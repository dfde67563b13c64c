import pLimit from "p-limit";
import type { Warehouse } from "../warehouse/warehouse.ts";
import { endRunFailed } from "./alerts.ts";
import type { AssociationContext } from "./association_context.ts";
import { recordAssociations } from "./association_events.ts";
import { resolveLabels } from "./association_labels.ts";
import { type AssociationCounts, isPending, planAssociations } from "./association_plan.ts";
import { ASSOCIATION_LIMITS, type HubSpotAssociations } from "./association_port.ts";
import { removeAssociations } from "./association_remove.ts";
import { AssociationRows, type OwedAssociation } from "./association_rows.ts";
import { relationsOf } from "./association_scope.ts";
import { AssociationSender } from "./association_send.ts";
import { type AssociationOutcomes, AssociationTally } from "./association_tally.ts";
import type { Clock, Random } from "./clock.ts";
import { hasCode, RetlError } from "./error.ts";
import { acquireLease, forbidSending, type Lease, proveLease, readLease, releaseLease } from "./lease.ts";
import { PushHalt } from "./push_halt.ts";
import type { Progress, RateLimiter } from "./push_ports.ts";
import { Reachability } from "./reachability.ts";
import type { RunParams } from "./run_params.ts";
import { sendPermit } from "./send_permit.ts";
import { type CompiledSync, SyncSession } from "./sync_session.ts";
import { workThrough } from "./work_through.ts";

export interface AssociationPorts {
  readonly hubspot: HubSpotAssociations;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly random: Random;
  readonly progress?: Pick<Progress, "waits">;
}

export interface AssociationRequest {
  readonly runId: string;
  readonly resync: RunParams["resync"];
  /** Removals that the plan of the run was let through with. */
  readonly allowedRemovals: number;
}

/** What one run did about the associations of a sync. */
export interface AssociationReport extends AssociationOutcomes {
  readonly run_id: string;
  readonly planned: AssociationCounts;
}

/**
 * Makes HubSpot's associations what the source says, as far as they are ours. What is owed is written down first, what HubSpot confirmed after
 * each call, so a copy or a later run goes on where this one ended. Takes the lease and gives it back, whatever happens but a crash.
 *
 * Throws `RETL_BUSY`, `RETL_LEASE_LOST`, `RETL_SYNC_CHANGED`, `RETL_SOURCE_COLUMN`, `RETL_HELD_REMOVED_ASSOCIATIONS`,
 * `RETL_ASSOCIATION_LABEL`, the code of what stopped the sending, and what the warehouse throws.
 */
export async function associateRecords(
  warehouse: Warehouse,
  sync: CompiledSync,
  request: AssociationRequest,
  ports: AssociationPorts,
): Promise<AssociationReport> {
  const session = new SyncSession(warehouse, sync);
  try {
    return await leased(warehouse, session, request, ports);
  } catch (error) {
    // A copy of this step that worked beside it has given the lease back: what it left is done now.
    const isFree = hasCode(error, "RETL_LEASE_LOST") && (await readLease(session)).holder === null;
    if (!isFree) throw error;
    return leased(warehouse, session, request, ports);
  }
}

async function leased(
  warehouse: Warehouse,
  session: SyncSession,
  request: AssociationRequest,
  ports: AssociationPorts,
): Promise<AssociationReport> {
  const { holder } = await readLease(session);
  const lease = await acquireLease(session, request.runId);
  const repeated = holder === request.runId;
  const tally = new AssociationTally();
  try {
    return await associate(warehouse, session, lease, { ...request, repeated }, { ...ports, tally });
  } catch (error) {
    // An error that another try may overcome keeps the lease for that try.
    if (
      error instanceof RetlError &&
      !error.code.startsWith("RETL_WAREHOUSE") &&
      !hasCode(error, "RETL_LEASE_LOST")
    ) {
      if (tally.gaveUp) await forbidSending(session);
      await releaseLease(session, lease);
    }
    throw error;
  }
}

async function associate(
  warehouse: Warehouse,
  session: SyncSession,
  lease: Lease,
  { resync, allowedRemovals, repeated }: AssociationRequest & { readonly repeated: boolean },
  ports: AssociationPorts & { readonly tally: AssociationTally },
): Promise<AssociationReport> {
  const { config, key } = session.sync;
  const { calls_in_flight } = config.rate;
  const { tally } = ports;
  const halt = new PushHalt();
  const difference = await warehouse.transaction((transaction) =>
    planAssociations(session.within(transaction), lease, resync, allowedRemovals, repeated),
  );
  const { counts } = difference;
  tally.note("ASSOCIATION_TARGET_MISSING", counts.target_missing);
  if (isPending(difference)) {
    const context: AssociationContext = {
      ...ports,
      permit: sendPermit(session, lease, ports.clock, ports.progress),
      halt,
      reachability: new Reachability({ ...ports, halt, patienceMs: config.timings.outage_seconds * 1000 }),
      inFlight: pLimit(calls_in_flight),
    };
    // Before anything waits for the limit: a place that is held for as long as R5 asks for is worth nothing.
    if (counts.to_create + counts.to_remove > 0) await context.permit.beforeCall();
    const rows = new AssociationRows(warehouse, session, lease);
    const sender = new AssociationSender(context, rows);
    const relations = relationsOf(session);
    const workOn = async (
      pages: AsyncIterable<readonly OwedAssociation[]>,
      work: (page: readonly OwedAssociation[]) => Promise<void>,
    ) => {
      await workThrough(pages, calls_in_flight, halt, work);
      if (halt.failure !== null) throw halt.failure.error;
    };
    // Taken away first, because HubSpot may limit how many of a label a record has.
    for (const relation of counts.to_remove > 0 ? relations : []) {
      const pages = rows.pages("remove", relation, ASSOCIATION_LIMITS.read);
      await workOn(pages, (page) =>
        removeAssociations(context, sender, config.object_type, relation, page, (chunk) =>
          rows.sending(chunk, null),
        ),
      );
    }
    const types =
      counts.to_create > 0 ? await resolveLabels(context, key, config.object_type, relations) : [];
    if (types === null) tally.count({ kind: "deferred", code: "LABELS_NOT_READ" }, counts.to_create);
    for (const [index, relation] of relations.entries()) {
      const type = types?.[index];
      if (type === undefined) continue;
      const pages = rows.pages("create", relation, ASSOCIATION_LIMITS.create);
      await workOn(pages, async (page) => {
        if (!halt.reached) await rows.sending(page, type);
        await sender.send(page, (pairs) => ({
          action: "create",
          fromType: config.object_type,
          toType: relation.target.object_type,
          pairs,
          type,
        }));
      });
    }
    await sender.finish();
  }
  const report = { run_id: lease.runId, planned: counts, ...tally.outcomes };
  await warehouse.transaction(async (transaction) => {
    const within = session.within(transaction);
    await proveLease(within, lease);
    await recordAssociations(within, report);
    if (halt.stopped === null) await endRunFailed(within, lease.runId);
    // R5: what was given up may still run, also where a later try was answered; the next run may say the opposite.
    if (tally.gaveUp) await forbidSending(within);
    await releaseLease(within, lease);
  });
  if (halt.stopped !== null) throw stopped(key, halt.stopped, report);
  return report;
}

function stopped(
  key: string,
  stop: { readonly code: RetlError["code"]; readonly reason: string; readonly message: string },
  report: AssociationReport,
): RetlError {
  const { created, removed, deferred, unknown } = report;
  return new RetlError(stop.code, {
    what: `The associations of ${key} were stopped (${stop.reason}: ${stop.message}).`,
    state: `The records are pushed and settled; ${created} associations were created, ${removed} removed, ${deferred} not sent, ${unknown} in doubt.`,
    next: "Correct what HubSpot says (scopes of the token for both object types, the label); the next run goes on with what is left.",
    details: { ...report },
  });
}
