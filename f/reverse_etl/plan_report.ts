import { hubspotFromResource } from "./hubspot/resource.ts";
import { type PreflightReport, preflight } from "./hubspot_preflight.ts";
import { planReport } from "./report/plan_rendering.ts";
import { estimatePush, readLimits } from "./report/push_estimate.ts";
import { RetlError } from "./sync/error.ts";
import type { HubSpot } from "./sync/hubspot_port.ts";
import type { Plan } from "./sync/plan.ts";
import { readPlanSample, readPresentRecords } from "./sync/plan_sample.ts";
import { parseCompiledSync, SyncSession } from "./sync/sync_session.ts";
import { withWarehouse } from "./warehouse/open_warehouse.ts";

type Snowflake = object;
type Hubspot = { token: string; base_url?: string };

/** Changes that are shown, spread over the operations; one read of HubSpot takes at most 100. */
const SAMPLE_ROWS = 10;

/**
 * Shows what a dry run found: counts, a sample of what HubSpot holds and what would be sent, calls and time at the present limits, problems
 * of the mapping, and the id to approve. Writes nothing, and what HubSpot does not answer is said in the report.
 *
 * @param warehouse The warehouse that has the plan.
 * @param hubspot The portal that would be written to; its properties and the sampled records are read.
 * @param sync The sync, as the compiled flow has it.
 * @param run_id The dry run whose plan is shown.
 * @param plan What diff_insert answered.
 * @param parallel_syncs How many syncs of the job may push at the same time; they share the permitted rate.
 * @param show_values Show the sample's values in the result, which Windmill keeps; else only their kinds and lengths.
 */
export async function main(
  warehouse: Snowflake,
  hubspot: Hubspot,
  sync: object,
  run_id: string,
  plan: object,
  parallel_syncs: number = 1,
  show_values: boolean | null = null,
) {
  const compiled = parseCompiledSync(sync);
  const { config, key } = compiled;
  const planned = plan as Plan;
  const client = hubspotFromResource(hubspot, config.timings.call_timeout_seconds * 1000);
  const { sample, mapping } = await withWarehouse(
    warehouse,
    { run_id, step: "plan_report" },
    async (open) => {
      const session = new SyncSession(open, compiled);
      return {
        sample: await readPlanSample(session, run_id, SAMPLE_ROWS),
        mapping: await checkedMapping(client, session),
      };
    },
  );
  const present = await readPresentRecords(client, config, sample.changes);
  const { answer } = present;
  const limits = readLimits(answer?.kind === "answered" ? answer.headers : {});
  const estimate = estimatePush(sample.sized, config, {
    limits,
    latencyMs: answer?.latencyMs ?? 0,
    syncsAtOnce: parallel_syncs,
  });
  const notRead = [
    ...(typeof mapping === "string" ? [`the mapping (${mapping})`] : []),
    ...(present.problem === null ? [] : [`what HubSpot holds now (${present.problem})`]),
  ];
  const { problems, creates } = typeof mapping === "string" ? { problems: [], creates: [] } : mapping;
  return planReport(
    {
      sync: key,
      plan: planned,
      sample,
      present,
      estimate,
      limits,
      mappingProblems: problems,
      creates,
      notRead,
    },
    {
      values: show_values === true,
      kinds: new Map(
        planned.properties.map(({ destination_name, valueKind }) => [destination_name, valueKind]),
      ),
      isSame: (property, sent, held) =>
        held !== null && client.unconfirmed({ [property]: sent }, { [property]: held }) === null,
    },
  );
}

/** What preflight says, or the code that says why HubSpot did not answer it. */
async function checkedMapping(client: HubSpot, session: SyncSession): Promise<PreflightReport | string> {
  try {
    return await preflight(client, session);
  } catch (error) {
    if (error instanceof RetlError && error.code.startsWith("RETL_HUBSPOT")) return error.code;
    throw error;
  }
}
