import { RetlError } from "./error.ts";
import { matchingOf } from "./operation_mode.ts";
import { readStanding } from "./run_standing.ts";
import type { SyncConfig } from "./sync_config.ts";
import { type CompiledSync, cell, type SyncSession } from "./sync_session.ts";

/** The right of one run to write for a sync; a higher token is a later holder. */
export interface Lease {
  readonly runId: string;
  readonly token: string;
}

/** The lease row as the database's clock sees it. */
export interface LeaseReading {
  /** The sync that the tables were made for, and what it writes to. */
  readonly sync: string;
  readonly destination: string;
  readonly holder: string | null;
  readonly token: string;
  /** Milliseconds until it expires; negative when it has. */
  readonly remainingMs: number;
  /** Milliseconds until something may be sent; 0 when that is now. */
  readonly notBeforeMs: number;
}

/** The run that holds the lease now; null when none does. */
export function holderOf({ holder, remainingMs }: LeaseReading): string | null {
  return remainingMs > 0 ? holder : null;
}

/**
 * R1: takes the lease for a run, or keeps it for the run that has it.
 * Throws `RETL_BUSY` while another run holds it, `RETL_SYNC_CHANGED` when the tables are another sync's, and `RETL_NOT_MIGRATED` when
 * the sync's lease has no row.
 */
export async function acquireLease(session: SyncSession, runId: string): Promise<Lease> {
  const { sync } = session;
  const expiry = expiryScope(session);
  const hit = await session.execute(
    "lease_acquire",
    [runId, runId, expiry.milliseconds, sync.key, destinationOf(sync), runId],
    expiry.scope,
  );
  const lease = await readLease(session);
  requireSame(session, lease);
  if (hit === 1 && lease.holder === runId) return { runId, token: lease.token };
  throw await busy(session, lease);
}

async function busy(session: SyncSession, { holder, remainingMs }: LeaseReading): Promise<RetlError> {
  const { key } = session.sync;
  const run = holder === null ? null : await readStanding(session, holder, true);
  const lasts = `lease ends in ${Math.ceil(remainingMs / 1000)} s unless it goes on`;
  const details = {
    holder,
    holder_state: run?.state ?? "running",
    started_at: run?.startedAt ?? null,
    remaining_ms: remainingMs,
  };
  const state = "This run planned and sent nothing.";
  if (run?.state === "failed") {
    return new RetlError("RETL_BUSY", {
      what: `${key} is kept by the run ${holder}, which began at ${run.startedAt}, has failed (${run.message ?? "?"}) and did not settle; its ${lasts}.`,
      state,
      next: "Run again when the lease has ended: that run settles what the failed one left.",
      details,
    });
  }
  const began = run === null ? "" : ` It began at ${run.startedAt}.`;
  return new RetlError("RETL_BUSY", {
    what: `${key} is being synced by the run ${holder ?? "?"}, whose ${lasts}.${began}`,
    state,
    next: "Wait for the other run to end; if its worker died, the lease expires by itself and the next run settles what it left.",
    details,
  });
}

/** What the state of a sync is true of; with another one, what HubSpot acknowledged says nothing. */
export function destinationOf({ config }: CompiledSync): string {
  const { object_type, operation_mode, match_property, resources } = config;
  const matching = matchingOf(operation_mode);
  return [resources.hubspot, object_type, matching, match_property ?? "record id"].join(" ");
}

/**
 * The tables of a sync belong to one asset and one destination: with another one every row would look acknowledged already.
 * Throws `RETL_SYNC_CHANGED`.
 */
export async function requireSameSync(session: SyncSession): Promise<void> {
  requireSame(session, await readLease(session));
}

function requireSame({ sync, tables }: SyncSession, lease: LeaseReading): void {
  const destination = destinationOf(sync);
  if (lease.sync === sync.key && lease.destination === destination) return;
  throw new RetlError("RETL_SYNC_CHANGED", {
    what: `The tables of ${sync.config.sync_table_name} were made for ${lease.sync} (${lease.destination}), and are asked for by ${sync.key} (${destination}).`,
    state: "Nothing was planned or sent.",
    next: `Give the sync another sync_table_name and run the migrate flow, so that it starts anew. If only the asset was renamed, set sync in ${tables.lease} to its new key.`,
    details: { made_for: [lease.sync, lease.destination], asked_by: [sync.key, destination] },
  });
}

export async function readLease(session: SyncSession): Promise<LeaseReading> {
  const { dialect } = session;
  const rows = await session.query("lease_read", [], {
    remaining_ms: dialect.millisecondsBetween(dialect.now, "expires_at"),
    not_before_ms: `coalesce(${dialect.millisecondsBetween(dialect.now, "not_before")}, 0)`,
  });
  if (rows.length !== 1) {
    throw new RetlError("RETL_NOT_MIGRATED", {
      what: `The table ${session.tables.lease} has ${rows.length} rows instead of one.`,
      state: "Nothing was planned or sent.",
      next:
        rows.length === 0
          ? "Run the migrate step of the job."
          : "Two migrations at once have each made the row: delete both while no run is under way, and run the migrate flow once.",
    });
  }
  const [row] = rows;
  return {
    sync: cell(row, "sync"),
    destination: cell(row, "destination"),
    holder: row?.holder ?? null,
    token: cell(row, "token"),
    remainingMs: Number(cell(row, "remaining_ms")),
    notBeforeMs: Math.max(0, Number(cell(row, "not_before_ms"))),
  };
}

/**
 * R1, R4: extends the lease by its token; inside a transaction this is the fence, because the row stays locked (or in conflict)
 * until the commit. Throws `RETL_LEASE_LOST` when another run has taken it.
 */
export async function proveLease(session: SyncSession, lease: Lease): Promise<void> {
  const expiry = expiryScope(session);
  const hit = await session.execute(
    "lease_extend",
    [expiry.milliseconds, lease.runId, lease.token],
    expiry.scope,
  );
  if (hit === 1) return;
  throw new RetlError("RETL_LEASE_LOST", {
    what: `The run ${lease.runId} no longer holds the lease of ${session.sync.key}: another run took it over after it had expired.`,
    state:
      "This step wrote nothing; the other run settles what this one left and puts in doubt what it cannot know.",
    next: "Nothing has to be done; look at why this run paused for so long if it happens again.",
  });
}

export async function releaseLease(session: SyncSession, lease: Lease): Promise<void> {
  await session.execute("lease_release", [lease.runId, lease.token]);
}

/**
 * R5: nothing may be sent before every request that was given up has certainly ended at HubSpot. A copy of a step that goes on may
 * send for `lease_extend_seconds` after it last proved its lease, so its last request leaves that much later.
 */
export async function forbidSending(session: SyncSession): Promise<void> {
  const { dialect, sync } = session;
  await session.execute("lease_not_before", [], {
    not_before: dialect.addMilliseconds(dialect.now, `${Math.ceil(givenUpMs(sync.config))}`),
  });
}

/** After this long a request that was given up has certainly ended at HubSpot, a copy of the step that goes on included. */
export function givenUpMs({ timings }: SyncConfig): number {
  const { lease_extend_seconds, call_timeout_seconds, hubspot_request_seconds, clock_skew_seconds } = timings;
  return (lease_extend_seconds + call_timeout_seconds + hubspot_request_seconds + clock_skew_seconds) * 1000;
}

function expiryScope(session: SyncSession) {
  const milliseconds = `${Math.ceil(session.sync.config.timings.lease_seconds * 1000)}`;
  return { milliseconds, scope: { expires_at: session.dialect.addMilliseconds(session.dialect.now, "?") } };
}
