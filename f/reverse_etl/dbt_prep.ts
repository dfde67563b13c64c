import { type Metadata, type RunEventKind, runEvent, text } from "../asset_graph/event.ts";
import { type AssetNode, selectAssets } from "../asset_graph/selection.ts";
import { buildModels } from "./dbt/build_models.ts";
import { type DbtBuild, openDbtBackend } from "./dbt/dbt_backend.ts";
import { checkDbtResult } from "./dbt/gate.ts";
import { registerDbtBackends } from "./dbt/register_backends.ts";
import { systemClock } from "./sync/clock.ts";
import { RetlError } from "./sync/error.ts";
import { recordEvents } from "./sync/events.ts";
import { currentRunId } from "./sync/run_id.ts";
import { openWarehouse, withWarehouse } from "./warehouse/open_warehouse.ts";

type Dbt = { backend: string };
type Snowflake = object;

registerDbtBackends();

/**
 * Opens the run: resolves which assets it computes, and builds the selected dbt models. Nothing follows a model that failed.
 *
 * @param dbt What builds the tables; the back end "none" means that something else does.
 * @param warehouse The warehouse that keeps the record of the run.
 * @param schema The schema of asset_events in the warehouse.
 * @param assets Every asset of the job, as the compiled flow has them.
 * @param select A selection of this job's assets, such as hubspot/contacts or group:crm; empty means all of them.
 * @param dbt_full_refresh Let dbt rebuild incremental models from scratch.
 */
export async function main(
  dbt: Dbt,
  warehouse: Snowflake,
  schema: string,
  assets: { key: string; deps: string[]; model?: string; code_version: string }[],
  select: string | null = null,
  dbt_full_refresh: boolean | null = null,
) {
  const run_id = currentRunId(process.env);
  const selected =
    (select ?? "").trim() === ""
      ? assets.map(({ key }) => key)
      : selectAssets(assets as AssetNode[], select ?? "");
  const chosen = assets.filter(({ key }) => selected.includes(key));
  const models = chosen.flatMap(({ key, model, code_version }) =>
    model === undefined ? [] : [{ key, model, code_version }],
  );
  const record = (kind: RunEventKind, list: { key: string; code_version: string }[], metadata: Metadata) =>
    withWarehouse(warehouse, { run_id, step: "dbt_prep" }, (open) =>
      recordEvents(
        open,
        schema,
        list.map(({ key, code_version }) => runEvent(run_id, key, kind, { code_version, metadata })),
      ),
    );
  // The warehouse is closed while dbt works: an embedded one can be open in one process only.
  await record("planned", chosen, {});
  try {
    const backend = openDbtBackend(dbt, {
      clock: systemClock,
      openWarehouse: () => openWarehouse(warehouse, { run_id, step: "dbt_prep" }),
    });
    const result = await buildModels(
      backend,
      { models: models.map(({ model }) => model), fullRefresh: dbt_full_refresh === true, runId: run_id },
      { clock: systemClock, started: (build) => record("started", models, placeOf(build)) },
    );
    const { warnings } = checkDbtResult(
      models.map(({ model }) => model),
      result,
    );
    await record(
      "materialized",
      models,
      result.invocationId === null ? {} : { invocation_id: text(result.invocationId) },
    );
    return { run_id, selected, models: models.map(({ model }) => model), warnings };
  } catch (error) {
    const code = error instanceof RetlError ? error.code : "RETL_DBT_FAILED";
    await record("failed", models, { code: text(code) });
    throw error;
  }
}

function placeOf({ reference, url }: DbtBuild): Metadata {
  return {
    dbt_run: text(reference ?? ""),
    ...(url === null ? {} : { dbt_run_url: { type: "url", value: url } as const }),
  };
}
