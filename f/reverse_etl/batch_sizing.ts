import { isReserveReached } from "./hubspot/limit_answer.ts";
import { parsePropertyDefinitions } from "./hubspot/property_definitions.ts";
import { hubspotFromResource } from "./hubspot/resource.ts";
import { fingerprintOf, mappingProblems, withMissingCreated } from "./hubspot_preflight.ts";
import { putOff, readProperties } from "./read_properties.ts";
import { sizeBatches } from "./sync/batches.ts";
import { keepDefinitionsSeen } from "./sync/definitions_seen.ts";
import { journalDeferral } from "./sync/journal.ts";
import { missingOptions, plannedRows } from "./sync/option_use.ts";
import { type MappedProperty, requireNoProblems } from "./sync/preflight.ts";
import { parseCompiledSync, SyncSession } from "./sync/sync_session.ts";
import { withWarehouse } from "./warehouse/open_warehouse.ts";

type Snowflake = object;
type Hubspot = { token: string; base_url?: string };

/**
 * Checks the mapping against HubSpot's properties, then divides the plan into batches that share the permitted rate.
 *
 * @param warehouse The warehouse that has the plan; what the run is judged by is kept there.
 * @param hubspot The portal that is written to; its properties are read here.
 * @param sync The sync, as the compiled flow has it.
 * @param run_id The run whose plan is divided.
 * @param plan What diff_insert answered: how many changes there are, and which properties they have.
 * @param parallel_syncs How many syncs of the job may push at the same time; they share the permitted rate.
 */
export async function main(
  warehouse: Snowflake,
  hubspot: Hubspot,
  sync: object,
  run_id: string,
  plan: { changes: number; properties: object[] },
  parallel_syncs: number = 1,
) {
  const compiled = parseCompiledSync(sync);
  const { key, config } = compiled;
  const client = hubspotFromResource(hubspot, config.timings.call_timeout_seconds * 1000);
  const answer = await readProperties(client, config.object_type);
  // A limit that lasts is no failure: without batches, settle leaves every change to a later run.
  const deferred = isReserveReached(answer, config.rate.daily_reserve)
    ? "DAILY_RESERVE"
    : (putOff(answer)?.code ?? null);
  if (deferred !== null) {
    await withWarehouse(warehouse, { run_id, step: "batch_sizing" }, (open) =>
      journalDeferral(new SyncSession(open, compiled), run_id, plan.changes, deferred),
    );
    return { batches: [], deferred, created: [], warnings: [] };
  }
  const mapped = plan.properties as MappedProperty[];
  const listed = parsePropertyDefinitions(answer);
  const { definitions, created } = await withMissingCreated(client, config, mapped, listed);
  requireNoProblems(key, await mappingProblems(client, config, mapped, definitions));
  const warnings = await withWarehouse(warehouse, { run_id, step: "batch_sizing" }, async (open) => {
    const session = new SyncSession(open, compiled);
    const names = mapped.map(({ destination_name }) => destination_name);
    await keepDefinitionsSeen(session, run_id, fingerprintOf(config, definitions));
    const { rows, properties } = plannedRows(session, run_id, names);
    return missingOptions(session, rows, properties, definitions);
  });
  const batches = sizeBatches(plan.changes, config);
  const atOnce = Math.min(config.batch_sizing.parallelism, batches.length) * parallel_syncs;
  return {
    batches: batches.map((batch) => ({ ...batch, rate_share: 1 / atOnce })),
    deferred: null,
    created,
    warnings,
  };
}
