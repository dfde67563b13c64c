import { duration, int, type Metadata, type RunEventKind, runEvent, text } from "../../asset_graph/event.ts";
import { judgeAlerts } from "./alerts.ts";
import { recordEvents } from "./events.ts";
import type { CallCounts, OutcomeCounts, PlanCounts, RunStatus } from "./runs.ts";
import type { Purge } from "./suppressions.ts";
import { cell, type SyncSession } from "./sync_session.ts";

/** Records that the run began to compute the sync's asset, with its plan. */
export async function recordStarted(session: SyncSession, runId: string, plan: PlanCounts): Promise<void> {
  await record(session, runId, "started", integers(plan));
}

/**
 * Records how the sync's asset came out of the run, materialized only when nothing is owed to HubSpot, and which alerts that raises or ends:
 * in the transaction that closes the run, so that a crash loses neither.
 */
export async function recordEnd(
  session: SyncSession,
  runId: string,
  end: {
    status: RunStatus;
    message: string | null;
    outcomes: OutcomeCounts;
    calls: CallCounts;
    /** Whether the step that associates the records follows. */
    goesOn: boolean;
  },
): Promise<void> {
  const { calls, rate_limited_calls, latency_p95_ms } = end.calls;
  const metadata = {
    ...integers({ ...end.outcomes, calls, rate_limited_calls }),
    ...(latency_p95_ms === null ? {} : { latency_p95: duration(latency_p95_ms) }),
    ...(end.message === null ? {} : { reason: text(end.message) }),
  };
  const kind =
    end.status === "succeeded" ? "materialized" : end.status === "partial" ? "incomplete" : "failed";
  await record(session, runId, kind, metadata);
  await judgeAlerts(session, runId, end);
}

/** Records how many rows a purge took, and the version of the state that it left. */
export async function recordPurged(session: SyncSession, runId: string, purge: Purge): Promise<void> {
  await record(session, runId, "purged", integers(purge));
}

async function record(
  session: SyncSession,
  runId: string,
  kind: RunEventKind,
  metadata: Metadata,
): Promise<void> {
  const { key, code_version, config } = session.sync;
  const isVersioned = kind === "materialized" || kind === "purged";
  const version = isVersioned ? { data_version: await dataVersion(session) } : {};
  const event = runEvent(runId, key, kind, { code_version, metadata, ...version });
  await recordEvents(session.session, config.schema, [event]);
}

/** Names what HubSpot holds because of this sync: the same rows at the same hashes give the same version. */
async function dataVersion(session: SyncSession): Promise<string> {
  const [row] = await session.query("state_version", [], { version: stateVersion(session) });
  return cell(row, "data_version");
}

/** The aggregate over the state that names its rows and their hashes. */
export function stateVersion({ dialect, tables }: SyncSession): string {
  return dialect.hashOfRows([tables.id, "row_hash"]);
}

function integers(counts: object): Metadata {
  return Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, int(Number(value))]));
}
