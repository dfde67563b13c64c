import type { Tables } from "../../f/reverse_etl/sync/tables.ts";
import { type Comparison, compareContacts } from "./compare_contacts.ts";
import { expectedContacts } from "./expected_contacts.ts";
import { readAllContacts } from "./held_contacts.ts";
import { callHubSpot, type HubSpotAccess } from "./hubspot_http.ts";
import type { NeededProperty } from "./hubspot_properties.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Purchase } from "./purchases.ts";

/** Reads every contact from HubSpot and compares it with what the purchases say it must hold. */
export async function checkContacts(
  access: HubSpotAccess,
  purchases: readonly Purchase[],
  today: string,
  id: NeededProperty,
  properties: readonly NeededProperty[],
): Promise<Comparison> {
  const expected = expectedContacts(purchases, today);
  const names = [id, ...properties].map(({ name }) => name);
  return compareContacts(expected, await readAllContacts(access, names), id.name, properties);
}

/** The write calls of one more run without a change in the source, as two sides counted them. */
export interface IdleRun {
  readonly fromJournal: number;
  /** Null when HubSpot is not our simulator. */
  readonly fromHubSpot: number | null;
}

/** Runs the flow once more and counts the write calls, in the run's own journal and, where there are some, in the simulator's counters. */
export async function runIdle(
  pipeline: Pipeline,
  tables: Tables,
  simulator: HubSpotAccess | null,
): Promise<IdleRun> {
  const before = await writeCalls(simulator);
  const runId = await pipeline.run();
  const after = await writeCalls(simulator);
  const [row] = await pipeline.withWarehouse((warehouse) =>
    warehouse.query(`select count(*) as calls from ${tables.journal} where run_id = ? and kind = 'call'`, [
      runId,
    ]),
  );
  return {
    fromJournal: Number(row?.calls ?? Number.NaN),
    fromHubSpot: before === null || after === null ? null : after - before,
  };
}

/** What the simulator has counted since its start: all calls, and those that write. */
export async function simulatorCounters(
  simulator: HubSpotAccess,
): Promise<{ calls: number; writeCalls: number }> {
  return (await callHubSpot(simulator, "GET", "/_simulator/counters")) as {
    calls: number;
    writeCalls: number;
  };
}

async function writeCalls(simulator: HubSpotAccess | null): Promise<number | null> {
  return simulator === null ? null : (await simulatorCounters(simulator)).writeCalls;
}
