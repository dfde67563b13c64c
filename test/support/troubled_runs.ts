import { settlementOf } from "../../f/reverse_etl/report/settlement_report.ts";
import { changingPeople, NO_TIER } from "./changing_people.ts";
import { flowWorld } from "./flow_world.ts";
import { randomlyLost } from "./lost_answers.ts";
import { differences, silentDifferences, unbalancedRuns } from "./oracle.ts";
import { contacts, FAULT_TIMINGS } from "./people_sync.ts";
import type { AtEnd } from "./temporary_folder.ts";

const ROUNDS = 4;
const QUIET_RUNS = 3;

/** What one troubled history left to see. */
export interface Evidence {
  readonly seed: number;
  /** Runs against a healthy HubSpot until nothing was left to send; `QUIET_RUNS + 1` when something always was. */
  readonly quietRuns: number;
  /** Rows of the source that no HubSpot takes. */
  readonly invalid: readonly string[];
  readonly listed: readonly { readonly id: string; readonly code: string; readonly property: string }[];
  /** Between source and HubSpot, in the end, without the listed rows. */
  readonly differences: readonly string[];
  /** Between state and HubSpot, after every run. */
  readonly silentDifferences: readonly string[];
  readonly unbalancedRuns: readonly string[];
  /** Person numbers of the contacts, in the end. */
  readonly held: readonly string[];
  readonly sourceRows: number;
  readonly rowsRead: number;
  readonly callsRecorded: number;
  readonly callsSeen: number;
  readonly rowsInDoubt: number;
  /** Write calls of two more runs. */
  readonly idleCalls: number;
}

/** Runs a changing source against a HubSpot that loses a third of the answers, then against a healthy one until nothing is left. */
export async function troubledRuns(seed: number, atEnd: AtEnd): Promise<Evidence> {
  const world = await flowWorld(
    {
      sync: contacts({ timings: FAULT_TIMINGS }),
      simulator: { seed, randomFaults: randomlyLost(0.35) },
    },
    atEnd,
  );
  const source = changingPeople(seed, 18);
  const silent: string[] = [];
  let rowsInDoubt = 0;
  const run = async () => {
    const ended = await world.runWhenFree();
    silent.push(...(await silentDifferences(world)));
    const [doubt] = await world.sql("select count(*) as rows from retl.people_sync_state where in_doubt");
    rowsInDoubt += Number(doubt?.rows);
    return ended;
  };
  for (let round = 0; round < ROUNDS; round++) {
    await world.people(source.step());
    await run();
  }
  await world.configure({ randomFaults: [] });
  let quietRuns = 1;
  for (; quietRuns <= QUIET_RUNS; quietRuns++) {
    const ended = await run();
    if (ended.success && settlementOf(ended.result)?.status !== "partial") break;
  }
  const callsSeen = await world.writeCalls();
  for (let again = 0; again < 2; again++) await world.run();
  const rejections = await world.sql("select person_id, code, property from retl.people_sync_rejections");
  const listed = rejections.map((row) => ({
    id: row.person_id ?? "",
    code: row.code ?? "",
    property: row.property ?? "",
  }));
  const [runs] = await world.sql("select sum(calls) as calls from retl.retl_runs");
  const [last] = await world.sql("select rows_read from retl.retl_runs order by started_at desc limit 1");
  return {
    seed,
    quietRuns,
    invalid: source.rows.flatMap(({ id, tier }) => (tier === NO_TIER && id !== null ? [id] : [])),
    listed,
    differences: await differences(world, { except: listed.map(({ id }) => id) }),
    silentDifferences: silent,
    unbalancedRuns: await unbalancedRuns(world),
    held: (await world.records()).map(({ properties }) => properties.person_number ?? ""),
    sourceRows: source.rows.length,
    rowsRead: Number(last?.rows_read),
    callsRecorded: Number(runs?.calls),
    callsSeen,
    rowsInDoubt,
    idleCalls: (await world.writeCalls()) - callsSeen,
  };
}
