import { alertWebhook } from "./alert_webhook.ts";
import { definitionsChanged } from "./hubspot_preflight.ts";
import { requireAlertRows } from "./sync/alerts.ts";
import { tellAlerts } from "./sync/alerts_told.ts";
import { hasCode } from "./sync/error.ts";
import { planChanges } from "./sync/plan.ts";
import { parseRunParams } from "./sync/run_params.ts";
import { parseCompiledSync, SyncSession } from "./sync/sync_session.ts";
import { withWarehouse } from "./warehouse/open_warehouse.ts";

type Snowflake = object;
type Hubspot = { token: string; base_url?: string };

/**
 * Finds what changed in the source since HubSpot last acknowledged it, and stores it as the run's plan.
 *
 * @param warehouse The warehouse that has the source and keeps the tables of the sync.
 * @param sync The sync, as the compiled flow has it.
 * @param run_id The run that the plan is made for.
 * @param dry_run Show what would be sent, under a plan id; nothing is sent, settled or listed.
 * @param resync changes: what differs. all: every property of every row. rejected: changes, and rejected rows at once.
 * @param approve The id of a held or dry-run plan: apply exactly that, once.
 * @param alert_webhook The incoming webhook that alerts are told to, an object with its url; nobody is told without it.
 * @param hubspot The portal that is written to. Its properties are read while rejected rows wait that other definitions could let through.
 */
export async function main(
  warehouse: Snowflake,
  sync: object,
  run_id: string,
  dry_run: boolean | null = null,
  resync: "changes" | "all" | "rejected" | null = null,
  approve: string | null = null,
  alert_webhook: object | null = null,
  hubspot: Hubspot | null = null,
) {
  const compiled = parseCompiledSync(sync);
  const chosen = parseRunParams({ dry_run, resync, approve });
  return withWarehouse(warehouse, { run_id, step: "diff_insert" }, async (open) => {
    const session = new SyncSession(open, compiled);
    await requireAlertRows(session);
    const params =
      hubspot !== null && (await definitionsChanged(hubspot, session))
        ? { ...chosen, definitions_changed: true }
        : chosen;
    const of = { schema: compiled.config.schema, sync: compiled.key };
    const plan = await planChanges(open, compiled, run_id, params).catch(async (error: unknown) => {
      // The run that keeps this one waiting may have raised an alert.
      if (alert_webhook !== null && hasCode(error, "RETL_BUSY"))
        await tellAlerts(open, of, alertWebhook(alert_webhook));
      throw error;
    });
    if (alert_webhook === null || plan.status === "dry_run") return plan;
    const alert_problems = await tellAlerts(open, of, alertWebhook(alert_webhook));
    return { ...plan, alert_problems };
  });
}
