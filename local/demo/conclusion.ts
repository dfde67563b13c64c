import type { Tables } from "../../f/reverse_etl/sync/tables.ts";
import { assetNodes } from "./asset_nodes.ts";
import type { Comparison } from "./compare_contacts.ts";
import type { CompiledFlow } from "./compiled_flow.ts";
import { type DayRow, readLatencies, sumOfRows } from "./day_row.ts";
import type { DemoHubSpot } from "./demo_hubspot.ts";
import { checkContacts, type IdleRun, runIdle, simulatorCounters } from "./final_check.ts";
import { assetPicture, flowPicture } from "./graph_picture.ts";
import { dayTiles, type Tile, writeReport } from "./html_report.ts";
import type { NeededProperty } from "./hubspot_properties.ts";
import type { DemoOptions } from "./options.ts";
import { counted, type Output, whole } from "./output.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Purchase } from "./purchases.ts";
import type { Replayed } from "./replay.ts";

/** The line of `--json`. */
export interface DemoSummary {
  /** Days, purchases and source rows are those of the warehouse; the counts after them those of this process's runs. */
  readonly days: number;
  readonly purchases: number;
  readonly sourceRows: number;
  readonly changes: number;
  readonly acknowledged: number;
  readonly rejected: number;
  readonly calls: number;
  readonly rateLimited: number;
  /** Null in staging, where nothing is sent and so nothing can be compared. */
  readonly differences: number | null;
  readonly idleCalls: number;
}

/** How the demo ended. */
export interface Conclusion {
  /** Whether everything that has to be 0 is. */
  readonly good: boolean;
  readonly summary: DemoSummary;
}

export interface ConclusionSettings {
  readonly options: DemoOptions;
  readonly output: Output;
  readonly compiled: CompiledFlow;
  readonly pipeline: Pipeline;
  readonly tables: Tables;
  readonly purchases: readonly Purchase[];
  readonly replayed: Replayed;
  readonly hubspot: DemoHubSpot;
  readonly properties: { readonly id: NeededProperty; readonly mapped: readonly NeededProperty[] };
}

/** Compares HubSpot with the purchases, runs once more without a change, and says and reports what came of all of it. */
export async function conclude(settings: ConclusionSettings): Promise<Conclusion> {
  const { options, output, pipeline, tables, replayed, hubspot, properties } = settings;
  const total: DayRow = {
    ...sumOfRows(replayed.rows, "total"),
    ...(await pipeline.withWarehouse((warehouse) => readLatencies(warehouse, tables, replayed.runIds))),
  };
  output.endDays(replayed.rows, total);
  if (options.environment === "prod") output.line("Reading every contact back from HubSpot …");
  const comparison =
    options.environment === "prod"
      ? await checkContacts(
          hubspot.access,
          settings.purchases,
          replayed.today,
          properties.id,
          properties.mapped,
        )
      : null;
  const idle = await runIdle(pipeline, tables, hubspot.simulated ? hubspot.access : null);
  const idleCalls = Math.max(idle.fromJournal, idle.fromHubSpot ?? 0);
  const seen = comparison === null && hubspot.simulated ? (await simulatorCounters(hubspot.access)).calls : 0;

  const sentences = [
    comparison === null ? notSent(options, hubspot, seen) : compared(comparison, replayed.today),
    idleRun(idle),
  ];
  const good =
    (comparison?.differences ?? 0) === 0 &&
    idleCalls === 0 &&
    idle.fromJournal === (idle.fromHubSpot ?? idle.fromJournal) &&
    seen === 0;
  for (const sentence of sentences) output.line(sentence);
  for (const example of comparison?.examples ?? []) output.problem(`  ${example}`);

  await writeReport(options.report, {
    subtitle: `${replayed.rows[0]?.day} to ${replayed.today}, one run of ${settings.compiled.sync.job} a day`,
    tiles: [...dayTiles(replayed.rows.length, total), ...checkTiles(comparison, idleCalls)],
    notes: [...sentences, ...(comparison?.examples ?? [])],
    assetSvg: await assetPicture(assetNodes(settings.compiled)),
    flowSvg: await flowPicture(settings.compiled.value.modules),
    days: replayed.rows,
    total,
  });
  output.line(`Report: ${options.report}`);
  return {
    good,
    summary: {
      days: replayed.days,
      purchases: settings.purchases.filter(({ day }) => day <= replayed.today).length,
      sourceRows: total.sourceRows,
      changes: total.created + total.updated,
      acknowledged: total.acknowledged,
      rejected: total.rejected,
      calls: total.calls,
      rateLimited: total.rateLimited,
      differences: comparison?.differences ?? null,
      idleCalls,
    },
  };
}

function compared(comparison: Comparison, today: string): string {
  const { differences, customers, values } = comparison;
  const read = `${counted(customers, "contact")} with ${counted(values, "value")} were read from HubSpot and compared with the purchases up to ${today}`;
  if (differences === 0) return `${read}: no difference.`;
  return (
    `${read}: ${counted(differences, "difference")} (${counted(comparison.differingValues, "wrong value")}, ` +
    `${counted(comparison.missingContacts, "missing contact")}, ${counted(comparison.extraContacts, "extra contact")}).`
  );
}

function idleRun({ fromJournal, fromHubSpot }: IdleRun): string {
  const sides = fromHubSpot === null ? "its journal" : "its journal and the simulator's counters";
  if (fromHubSpot !== null && fromHubSpot !== fromJournal) {
    return `One more run without a change in the source: its journal says ${counted(fromJournal, "write call")} and HubSpot counted ${fromHubSpot}.`;
  }
  return `One more run without a change in the source: ${counted(fromJournal, "write call")}, by ${sides}.`;
}

function notSent(options: DemoOptions, { simulated }: DemoHubSpot, seen: number): string {
  const calls = simulated ? `HubSpot saw ${counted(seen, "call")}` : "HubSpot was not called";
  return `In the environment ${options.environment} every run built the tables and took skip_retl: ${calls}, and there is nothing to compare.`;
}

function checkTiles(comparison: Comparison | null, idleCalls: number): Tile[] {
  const verdict = (count: number) => (count === 0 ? "good" : "bad");
  const idle: Tile = {
    label: "write calls of an idle run",
    value: whole(idleCalls),
    verdict: verdict(idleCalls),
  };
  if (comparison === null) return [idle];
  const { differences } = comparison;
  return [
    { label: "differences in HubSpot", value: whole(differences), verdict: verdict(differences) },
    idle,
  ];
}
