import { alertWebhook } from "./alert_webhook.ts";
import { createAssociations } from "./hubspot/association_client.ts";
import { createRateLimiter } from "./hubspot/rate_limit.ts";
import { connectionSettings } from "./hubspot/resource_settings.ts";
import { jobLog } from "./job_progress.ts";
import { associationReport } from "./report/association_report.ts";
import { tellAlerts } from "./sync/alerts_told.ts";
import { associateRecords } from "./sync/association_run.ts";
import { systemClock, systemRandom } from "./sync/clock.ts";
import { parseRunParams } from "./sync/run_params.ts";
import { parseCompiledSync } from "./sync/sync_session.ts";
import { withWarehouse } from "./warehouse/open_warehouse.ts";

type Snowflake = object;
type Hubspot = { token: string; base_url?: string };

/**
 * Associates the records of a sync with those of other syncs, as the source says, and takes back what it no longer says.
 *
 * @param warehouse The warehouse that has the source and keeps the tables of the syncs.
 * @param hubspot The portal that is written to.
 * @param sync The sync, as the compiled flow has it.
 * @param run_id The run that pushed the records.
 * @param plan What diff_insert answered: how many associations the run may remove.
 * @param resync changes: what differs. all: every association. rejected: changes, and refused associations at once.
 * @param parallel_syncs How many syncs of the job may push at the same time; they share the permitted rate.
 * @param alert_webhook The incoming webhook that alerts are told to, an object with its url; nobody is told without it.
 * @param settled What settle answered; it stays part of the run's result. Null when there was nothing to push.
 */
export async function main(
  warehouse: Snowflake,
  hubspot: Hubspot,
  sync: object,
  run_id: string,
  plan: { associations: { to_remove: number } | null },
  resync: "changes" | "all" | "rejected" | null = null,
  parallel_syncs: number = 1,
  alert_webhook: object | null = null,
  settled: object | null = null,
) {
  const compiled = parseCompiledSync(sync);
  const { rate, timings } = compiled.config;
  const request = {
    runId: run_id,
    resync: parseRunParams({ resync }).resync,
    allowedRemovals: plan.associations?.to_remove ?? 0,
  };
  const ports = { clock: systemClock, random: systemRandom };
  const { calls, window_seconds: seconds, daily_reserve: dailyReserve } = rate;
  return withWarehouse(warehouse, { run_id, step: "associate" }, async (open) => {
    const report = await associateRecords(open, compiled, request, {
      ...ports,
      progress: jobLog,
      hubspot: createAssociations(connectionSettings(hubspot, timings.call_timeout_seconds * 1000)),
      limiter: createRateLimiter({ ...ports, calls, seconds, share: 1 / parallel_syncs, dailyReserve }),
    });
    const of = { schema: compiled.config.schema, sync: compiled.key };
    const problems = alert_webhook === null ? [] : await tellAlerts(open, of, alertWebhook(alert_webhook));
    return associationReport(compiled.key, report, settled, problems);
  });
}
