import type { main as batchSizingMain } from "../../../f/reverse_etl/batch_sizing.ts";
import type { main as diffInsertMain } from "../../../f/reverse_etl/diff_insert.ts";
import type { main as hubspotPushMain } from "../../../f/reverse_etl/hubspot_push.ts";
import type { main as migrateMain } from "../../../f/reverse_etl/migrate.ts";
import type { ReportedSettlement } from "../../../f/reverse_etl/report/settlement_report.ts";
import type { main as settleMain } from "../../../f/reverse_etl/settle.ts";

/** Runs beside the bundles: the steps of some runs of a sync, with the inputs that the compiled flow gives them. */
export interface SyncOrder {
  readonly warehouse: object;
  readonly hubspot: { readonly token: string; readonly base_url: string };
  readonly sync: object;
  readonly run_ids: readonly string[];
}

const { warehouse, hubspot, sync, run_ids } = JSON.parse(process.argv[2] ?? "") as SyncOrder;
const migrate = await mainOf<typeof migrateMain>("migrate");
const diffInsert = await mainOf<typeof diffInsertMain>("diff_insert");
const batchSizing = await mainOf<typeof batchSizingMain>("batch_sizing");
const hubspotPush = await mainOf<typeof hubspotPushMain>("hubspot_push");
const settle = await mainOf<typeof settleMain>("settle");

await migrate(warehouse, [sync]);
const runs: object[] = [];
for (const run_id of run_ids) runs.push(await run(run_id));
process.stdout.write(`${JSON.stringify(runs)}\n`);

/** What a run found and what became of it. */
async function run(run_id: string): Promise<object> {
  const plan = await diffInsert(warehouse, sync, run_id);
  const { token, status, counts, plan_id } = plan;
  if (token === null || status !== "planned") return { status, counts, plan_id };
  const { batches } = await batchSizing(warehouse, hubspot, sync, run_id, {
    ...plan,
    properties: [...plan.properties],
  });
  const reports = await Promise.all(
    batches.map((batch) => hubspotPush(warehouse, hubspot, sync, run_id, token, batch)),
  );
  // Nothing but the bundles may be loaded here, so the settlement is found by hand: it is the last part of what settle shows.
  const { render_all } = await settle(warehouse, sync, run_id, token, reports);
  const { outcomes, calls } = render_all.at(-1) as ReportedSettlement;
  return {
    status,
    counts,
    plan_id,
    batches: batches.length,
    outcomes,
    calls: calls.calls,
  };
}

async function mainOf<Main>(name: string): Promise<Main> {
  const bundle: { main: Main } = await import(new URL(`./${name}.js`, import.meta.url).href);
  return bundle.main;
}
