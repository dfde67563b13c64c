import { limitAnswer } from "./hubspot/limit_answer.ts";
import { parsePropertyDefinitions } from "./hubspot/property_definitions.ts";
import { hubspotFromResource } from "./hubspot/resource.ts";
import { sizeBatches } from "./sync/batches.ts";
import { type MappedProperty, requireMapping } from "./sync/preflight.ts";
import { parseCompiledSync } from "./sync/sync_session.ts";

type Hubspot = { token: string; base_url?: string };

/**
 * Checks the mapping against HubSpot's properties, then divides the plan into batches that share the permitted rate.
 *
 * @param hubspot The portal that is written to; its properties are read here.
 * @param sync The sync, as the compiled flow has it.
 * @param plan What diff_insert answered: how many changes there are, and which properties they have.
 * @param parallel_syncs How many syncs of the job may push at the same time; they share the permitted rate.
 */
export async function main(
  hubspot: Hubspot,
  sync: object,
  plan: { changes: number; properties: object[] },
  parallel_syncs: number = 1,
) {
  const { key, config } = parseCompiledSync(sync);
  const client = hubspotFromResource(hubspot, config.timings.call_timeout_seconds * 1000);
  const answer = await client.properties(config.object_type);
  const limit = limitAnswer(answer);
  // A limit that lasts until midnight is no failure: without batches, settle leaves every change to a later run.
  if (limit?.kind === "daily") return { calls: 0, batches: [], deferred: limit.code };
  const definitions = parsePropertyDefinitions(answer);
  requireMapping(key, plan.properties as MappedProperty[], config.match_property ?? null, definitions);
  const batches = sizeBatches(plan.changes, config);
  const atOnce = Math.min(config.batch_sizing.parallelism, batches.length) * parallel_syncs;
  return {
    calls: Math.ceil(plan.changes / config.batch_size),
    batches: batches.map((batch) => ({ ...batch, rate_share: 1 / atOnce })),
    deferred: null,
  };
}
