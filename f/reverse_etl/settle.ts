import { alertWebhook } from "./alert_webhook.ts";
import { settlementReport } from "./report/settlement_report.ts";
import { tellAlerts } from "./sync/alerts_told.ts";
import { stopOf } from "./sync/batch_report.ts";
import { RetlError } from "./sync/error.ts";
import { settleRun } from "./sync/settle.ts";
import { parseCompiledSync } from "./sync/sync_session.ts";
import { withWarehouse } from "./warehouse/open_warehouse.ts";

type Snowflake = object;

/**
 * Folds what the pushes journalled into the state and closes the run. Fails after its commit when a push did not go through.
 *
 * @param warehouse The warehouse that keeps journal and state.
 * @param sync The sync, as the compiled flow has it.
 * @param run_id The run that is settled.
 * @param token The lease of the run, as diff_insert answered it.
 * @param reports What the loop over hubspot_push answered, one entry a batch.
 * @param alert_webhook The incoming webhook that alerts are told to, an object with its url; nobody is told without it.
 */
export async function main(
  warehouse: Snowflake,
  sync: object,
  run_id: string,
  token: string,
  reports: object[],
  alert_webhook: object | null = null,
) {
  const compiled = parseCompiledSync(sync);
  const stop = stopOf(reports);
  const { settlement, alertProblems } = await withWarehouse(
    warehouse,
    { run_id, step: "settle" },
    async (open) => {
      const settled = await settleRun(open, compiled, { runId: run_id, token }, stop?.code ?? null);
      const of = { schema: compiled.config.schema, sync: compiled.key };
      const problems = alert_webhook === null ? [] : await tellAlerts(open, of, alertWebhook(alert_webhook));
      return { settlement: settled, alertProblems: problems };
    },
  );
  if (stop === null) return settlementReport(compiled.key, settlement, alertProblems);
  const { acknowledged, rejected, deferred, unknown } = settlement.outcomes;
  throw new RetlError(stop.code, {
    what: `The push of ${compiled.key} did not go through: ${stop.what}`,
    state: `The run is settled: ${acknowledged} rows acknowledged, ${rejected} rejected, ${deferred} not sent, ${unknown} in doubt.`,
    next: `${stop.next} The next run sends what is left.`,
    details: { ...settlement, alert_problems: alertProblems },
  });
}
