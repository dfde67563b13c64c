import { collectGarbage } from "./collect_garbage.ts";
import { createRateLimiter } from "./hubspot/rate_limit.ts";
import { hubspotFromResource } from "./hubspot/resource.ts";
import { jobProgress } from "./job_progress.ts";
import { batchChanges } from "./sync/changes.ts";
import { systemClock, systemRandom } from "./sync/clock.ts";
import { startAttempt } from "./sync/journal.ts";
import { operationsOf } from "./sync/operation_mode.ts";
import { pushBatch } from "./sync/push.ts";
import { sendPermit } from "./sync/send_permit.ts";
import { parseCompiledSync, SyncSession } from "./sync/sync_session.ts";
import { withWarehouse } from "./warehouse/open_warehouse.ts";

type Snowflake = object;
type Hubspot = { token: string; base_url?: string };

/**
 * Pushes one batch of the plan and journals what HubSpot said about each row. What it reports is also true of a push that failed.
 *
 * @param warehouse The warehouse that has the plan and keeps the journal.
 * @param hubspot The portal that is written to.
 * @param sync The sync, as the compiled flow has it.
 * @param run_id The run whose plan is pushed.
 * @param token The lease of the run, as diff_insert answered it.
 * @param batch The slice of the plan, first and last seq included, and the batch's share of the permitted rate, at most 1.
 */
export async function main(
  warehouse: Snowflake,
  hubspot: Hubspot,
  sync: object,
  run_id: string,
  token: string,
  batch: { number: number; first_seq: number; last_seq: number; rate_share: number },
) {
  const compiled = parseCompiledSync(sync);
  const { config } = compiled;
  const client = hubspotFromResource(hubspot, config.timings.call_timeout_seconds * 1000);
  const perSecond = (config.rate.calls / config.rate.window_seconds) * config.batch_size * batch.rate_share;
  const ports = { clock: systemClock, random: systemRandom };
  return withWarehouse(warehouse, { run_id, step: `hubspot_push ${batch.number}` }, async (open) => {
    const session = new SyncSession(open, compiled);
    const lease = { runId: run_id, token };
    const progress = jobProgress(batch.last_seq - batch.first_seq + 1);
    const permit = sendPermit(session, lease, systemClock, progress);
    // The right to send comes first, so that a run that lost it leaves no trace of an attempt.
    await permit.beforeCall();
    return pushBatch({
      sync: {
        objectType: config.object_type,
        action: operationsOf(config).added,
        idProperty: config.match_property ?? null,
        batchSize: config.batch_size,
        callsInFlight: config.rate.calls_in_flight,
        patienceMs: config.timings.outage_seconds * 1000,
      },
      changes: batchChanges(session, run_id, batch, { perSecond, pageRead: collectGarbage }),
      expected: batch.last_seq - batch.first_seq + 1,
      ports: {
        ...ports,
        hubspot: client,
        permit,
        journal: await startAttempt(session, lease, batch),
        progress,
        limiter: createRateLimiter({
          ...ports,
          calls: config.rate.calls,
          seconds: config.rate.window_seconds,
          share: batch.rate_share,
          dailyReserve: config.rate.daily_reserve,
        }),
      },
    });
  });
}
