import { planChanges } from "./sync/plan.ts";
import { parseRunParams } from "./sync/run_params.ts";
import { parseCompiledSync } from "./sync/sync_session.ts";
import { withWarehouse } from "./warehouse/open_warehouse.ts";

type Snowflake = object;

/**
 * Finds what changed in the source since HubSpot last acknowledged it, and stores it as the run's plan.
 *
 * @param warehouse The warehouse that has the source and keeps the tables of the sync.
 * @param sync The sync, as the compiled flow has it.
 * @param run_id The run that the plan is made for.
 * @param dry_run Show what would be sent, under a plan id; nothing is sent, settled or listed.
 * @param resync changes: what differs. all: every property of every row. rejected: changes, and rejected rows at once.
 * @param approve The id of a held or dry-run plan: apply exactly that, once.
 */
export async function main(
  warehouse: Snowflake,
  sync: object,
  run_id: string,
  dry_run: boolean | null = null,
  resync: "changes" | "all" | "rejected" | null = null,
  approve: string | null = null,
) {
  const compiled = parseCompiledSync(sync);
  const params = parseRunParams({ dry_run, resync, approve });
  return withWarehouse(warehouse, { run_id, step: "diff_insert" }, (open) =>
    planChanges(open, compiled, run_id, params),
  );
}
