import { assetOfStep } from "../asset_graph/key.ts";
import { recordRunFailure } from "./sync/run_failure.ts";
import { withWarehouse } from "./warehouse/open_warehouse.ts";

type Snowflake = object;

/**
 * Records a failed step once a run, and never touches the lease (R10). Its result takes the place of the failed step's, so it
 * hands the error on.
 *
 * @param warehouse The warehouse that keeps the record of the run.
 * @param schema The schema of asset_events in the warehouse.
 * @param published Keys of the assets of the job that are published; the step names one of them.
 * @param error The error of the failed step, as Windmill hands it over.
 */
export async function main(
  warehouse: Snowflake,
  schema: string,
  published: string[],
  error: { name?: string; message?: string; step_id?: string },
) {
  const run_id = process.env.WM_ROOT_JOB_ID ?? "";
  const step = error.step_id ?? "";
  const code = error.name ?? "Error";
  const asset_key = assetOfStep(step, published);
  // The opening step and the gate record their own failures; there is no run of a sync yet.
  const recorded =
    asset_key !== null &&
    (await withWarehouse(warehouse, { run_id, step: "record_failure" }, (open) =>
      recordRunFailure(open, schema, { run_id, asset_key, code, step }),
    ));
  return { recorded, error: { name: code, message: error.message ?? "", step_id: step } };
}
