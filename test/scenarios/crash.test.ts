import { expect, it } from "vitest";
import { randomStream } from "../../local/hubspot_simulator/random.ts";
import { startFlowProcess } from "../support/flow_process.ts";
import { flowWorld } from "../support/flow_world.ts";
import { differences, silentDifferences, unbalancedRuns } from "../support/oracle.ts";
import { contacts, persons } from "../support/people_sync.ts";

const KILLS = 10;
const ROWS = 80;
const SEED = 7;

it("killed with SIGKILL ten times in a row while four batches are in flight, the next run leaves no difference and no duplicate", {
  timeout: 240_000,
}, async () => {
  const random = randomStream(SEED, "kills");
  const world = await flowWorld({
    keepOpen: false,
    sync: contacts({
      batch_size: 2,
      batch_sizing: { one_batch_up_to_calls: 1, calls_per_batch: 4, max_batches: 16, parallelism: 4 },
      // One call of each batch at a time, so that four calls in flight are four batches in flight.
      rate: { calls_in_flight: 1 },
      timings: {
        lease_seconds: 1.5,
        lease_extend_seconds: 0.2,
        call_timeout_seconds: 1,
        hubspot_request_seconds: 0.1,
        clock_skew_seconds: 0.1,
        outage_seconds: 0,
      },
    }),
    simulator: { latency: { minMs: 40, maxMs: 120 } },
  });
  const values = (round: number) =>
    // A third of the rows goes back and forth between two values: what was lost may have been the way there.
    persons(ROWS, (index) => ({ score: index % 3 === 0 ? round % 2 : round * 100 + index }));
  await world.people(values(0));
  await world.run();

  const inFlight = async () => (await world.inspect<{ inFlight: number }>("counters")).inFlight;
  let killed = 0;
  for (let round = 1; killed < KILLS; round++) {
    expect(round).toBeLessThan(3 * KILLS);
    await world.people(values(round));
    const flow = startFlowProcess(world);
    let over = false;
    const ended = flow.ended.finally(() => {
      over = true;
    });
    const fourInFlight = async () => {
      while (!over && (await inFlight()) < 4) await pause(2);
    };
    await fourInFlight();
    await pause(random.integer(0, 900));
    await fourInFlight();
    if (!over) killed += 1;
    await flow.kill();
    // A run that came to its end before the kill is no kill, and must not have failed.
    const finished = await ended;
    if (finished !== null) expect(finished).toMatchObject({ success: true });
    // Calls that the dead process sent are still being applied.
    while ((await inFlight()) > 0) await pause(5);
  }
  const last = await startFlowProcess(world).ended;
  expect(last).toMatchObject({ success: true });
  expect(await differences(world)).toEqual([]);
  expect(await silentDifferences(world)).toEqual([]);
  expect(await unbalancedRuns(world)).toEqual([]);
  expect(await world.records()).toHaveLength(ROWS);
  const [dead] = await world.sql(`
    select count(*) as runs, sum(acknowledged) > 0 as acknowledged, sum(unknown) > 0 as in_doubt, sum(deferred) > 0 as deferred
    from retl.retl_runs where status = 'failed'`);
  // The kills were spread over the push: some of it was recorded, some in flight, some not yet sent.
  expect(dead).toEqual({ runs: `${KILLS}`, acknowledged: "true", in_doubt: "true", deferred: "true" });
});

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
