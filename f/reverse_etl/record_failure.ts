import { assetOfStep } from "../asset_graph/key.ts";
import { alertWebhook } from "./alert_webhook.ts";
import { failedReason, raiseRunFailed, raisesAlert } from "./sync/alerts.ts";
import { tellAlerts } from "./sync/alerts_told.ts";
import { recordRunFailure } from "./sync/run_failure.ts";
import { withWarehouse } from "./warehouse/open_warehouse.ts";

type Snowflake = object;

/**
 * Records a failed step once a run, raises the alerts of the syncs that it concerns, and never touches the lease (R10). Its result takes the
 * place of the failed step's, so it hands the error on.
 *
 * @param warehouse The warehouse that keeps the record of the run.
 * @param schema The schema of asset_events in the warehouse.
 * @param published Keys of the assets of the job that are published; the step names one of them.
 * @param error The error of the failed step, as Windmill hands it over.
 * @param alerts For each published asset with alerts, by its key: the schema of its tables and the webhook to tell, an object with its url.
 * @param dry_run A dry run that fails raises no alert.
 */
export async function main(
  warehouse: Snowflake,
  schema: string,
  published: string[],
  error: { name?: string; message?: string; step_id?: string; extra?: object },
  alerts: object | null = null,
  dry_run: boolean | null = null,
) {
  const run_id = process.env.WM_ROOT_JOB_ID ?? "";
  const step = error.step_id ?? "";
  const code = error.name ?? "Error";
  const asset_key = assetOfStep(step, published);
  const isTold = dry_run !== true && raisesAlert(code);
  const told = (isTold ? Object.entries(alerts ?? {}) : []) as [string, AlertTarget][];
  // A failure of the opening step or the gate concerns every sync of the job.
  const concerned = told.filter(([key]) => asset_key === null || key === asset_key);
  // The opening step and the gate record their own failures; there is no run of a sync yet.
  if (asset_key === null && concerned.length === 0) return answer(false, []);

  try {
    return await withWarehouse(warehouse, { run_id, step: "record_failure" }, async (open) => {
      const recorded =
        asset_key !== null && (await recordRunFailure(open, schema, { run_id, asset_key, code, step }));
      const problems: string[] = [];
      for (const [sync, target] of concerned) {
        const of = { schema: target.schema, sync };
        await raiseRunFailed(open, { ...of, runId: run_id }, { code, step });
        problems.push(...(await tellAlerts(open, of, alertWebhook(target.webhook))));
      }
      return answer(recorded, problems);
    });
  } catch (failure) {
    // Without the warehouse nobody knows what was told before; saying it again at every run is better than silence.
    for (const [sync, target] of concerned) {
      const since = new Date().toISOString();
      const change = { sync, alert: "run_failed", state: "raised", since, run_id } as const;
      await alertWebhook(target.webhook)({ ...change, reason: failedReason({ code, step }) });
    }
    throw failure;
  }

  // One key only, or Windmill would show the error as JSON.
  function answer(recorded: boolean, alert_problems: readonly string[]) {
    const extra = {
      recorded,
      ...detailsOf(error),
      ...(alert_problems.length === 0 ? {} : { alert_problems }),
    };
    return { error: { name: code, message: error.message ?? "", step_id: step, extra } };
  }
}

/** The details of an error of our own, such as a run's figures; what else an error carries may be anything. */
function detailsOf({ name = "", extra }: { name?: string; extra?: object }): { details?: unknown } {
  return name.startsWith("RETL_") && extra !== undefined && "details" in extra
    ? { details: extra.details }
    : {};
}

interface AlertTarget {
  readonly schema: string;
  readonly webhook: unknown;
}
