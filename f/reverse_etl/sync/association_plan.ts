import type { Row } from "../warehouse/warehouse.ts";
import { associationScope } from "./association_scope.ts";
import { RetlError } from "./error.ts";
import type { Hold } from "./guards.ts";
import { forbidSending, givenUpMs, type Lease, proveLease } from "./lease.ts";
import type { RunParams } from "./run_params.ts";
import type { Scope } from "./statement.ts";
import type { SyncConfig } from "./sync_config.ts";
import { cell, countOf, type SyncSession } from "./sync_session.ts";

/** How the associations that the source says differ from those that HubSpot holds because of us. */
export interface AssociationCounts {
  readonly to_create: number;
  readonly to_remove: number;
  /** A record of the pair is not in HubSpot yet. */
  readonly waiting: number;
  /** The foreign key names no row of the other source (`ASSOCIATION_TARGET_MISSING`). */
  readonly target_missing: number;
  /** HubSpot refused them before and their next try is not due. */
  readonly refused: number;
}

export interface AssociationDifference {
  readonly counts: AssociationCounts;
  /** Rows of the table that concern nobody any more and go without a call. */
  readonly toForget: number;
  /** Associations that HubSpot has acknowledged. */
  readonly known: number;
  /** Names the set of what is to be created and removed. */
  readonly content: string;
  /** Requests of an earlier attempt that may still be running at HubSpot and say the opposite of what is to be sent. */
  readonly inFlight: number;
}

type Resync = RunParams["resync"];

/** Compares, and changes nothing. Null for a sync without associations. */
export async function compareAssociations(
  session: SyncSession,
  resync: Resync,
): Promise<AssociationDifference | null> {
  if (session.sync.config.associations.length === 0) return null;
  return differenceIn(session, await associationScope(session), resync, false);
}

export function isPending({ counts, toForget }: AssociationDifference): boolean {
  return counts.to_create + counts.to_remove + toForget > 0;
}

/** Removing more associations than allowed holds the run as removing rows does. */
export function associationHolds(
  { counts: { to_remove }, known }: AssociationDifference,
  guards: SyncConfig["guards"],
): Hold[] {
  if (to_remove <= guards.floor_rows || to_remove <= guards.max_removed_fraction * known) return [];
  const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;
  const share =
    known === 0 ? "" : ` (${percent(to_remove / known)}; allowed: ${percent(guards.max_removed_fraction)})`;
  return [
    {
      code: "RETL_HELD_REMOVED_ASSOCIATIONS",
      reason: `${to_remove} of ${known} associations would be removed${share}`,
    },
  ];
}

/**
 * Writes down in `<sync_table>_associations` what this run owes to HubSpot, in the caller's transaction, which it fences. Written before
 * anything is sent, so that no association is forgotten whatever crashes.
 *
 * `allowedRemovals` is how many removals the plan of the run was let through with. Throws `RETL_HELD_REMOVED_ASSOCIATIONS` when there are
 * more now and the guards forbid them. `repeated` tells that an attempt of this run may have sent requests a moment ago.
 */
export async function planAssociations(
  session: SyncSession,
  lease: Lease,
  resync: Resync,
  allowedRemovals: number,
  repeated: boolean,
): Promise<AssociationDifference> {
  await proveLease(session, lease);
  const scope = await associationScope(session);
  const difference = await differenceIn(session, scope, resync, repeated);
  const [hold] = associationHolds(difference, session.sync.config.guards);
  if (hold !== undefined && difference.counts.to_remove > allowedRemovals) {
    throw new RetlError(hold.code, {
      what: `The associations of ${session.sync.key} are held: ${hold.reason}, and the plan of the run had ${allowedRemovals}.`,
      state: "The records of the run are settled; no association was sent or removed.",
      next: "The source changed during the run. If it is right now, run again with dry_run, then with approve = the plan id that it shows.",
      details: { ...difference.counts, allowed: allowedRemovals },
    });
  }
  if (difference.inFlight > 0) await forbidSending(session);
  if (!isPending(difference)) return difference;
  await session.execute("association_forget", [resync], scope);
  await session.execute("association_due", [resync, lease.runId], scope);
  await session.execute("association_new", [resync, lease.runId], scope);
  return difference;
}

async function differenceIn(
  session: SyncSession,
  scope: Scope,
  resync: Resync,
  repeated: boolean,
): Promise<AssociationDifference> {
  const { dialect, sync } = session;
  const [row] = await session.query("association_counts", [resync], {
    ...scope,
    repeated,
    in_flight_since: dialect.addMilliseconds(dialect.now, `${-Math.ceil(givenUpMs(sync.config))}`),
    content: dialect.hashOfRows(["association_id", "action"]),
  });
  return {
    counts: countsOf(row),
    toForget: countOf(row, "to_forget"),
    known: countOf(row, "known"),
    content: cell(row, "content"),
    inFlight: countOf(row, "in_flight"),
  };
}

function countsOf(row: Row | undefined): AssociationCounts {
  return {
    to_create: countOf(row, "to_create"),
    to_remove: countOf(row, "to_remove"),
    waiting: countOf(row, "waiting"),
    target_missing: countOf(row, "target_missing"),
    refused: countOf(row, "refused"),
  };
}
