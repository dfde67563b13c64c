import { expect, test } from "vitest";
import type { HubSpotAnswer } from "../../f/reverse_etl/sync/hubspot_port.ts";
import { sendPaced } from "../../f/reverse_etl/sync/paced_request.ts";
import { PushHalt } from "../../f/reverse_etl/sync/push_halt.ts";

const ANSWER: HubSpotAnswer = { kind: "answered", status: 200, headers: {}, body: "{}", latencyMs: 1 };

/** Tells in order what is asked of the limiter, of the permit, which is given at once or only after a wait, and of HubSpot. */
function pacing(atOnce: readonly boolean[], beforeGiven: () => void = () => {}) {
  const told: string[] = [];
  const halt = new PushHalt();
  const waits = atOnce.values();
  let slots = 0;
  const limiter = {
    exhausted: null,
    acquire: async () => {
      slots += 1;
      const name = `slot ${slots}`;
      let reported = false;
      const report = (what: string) => {
        if (!reported) told.push(`${name} ${what}`);
        reported = true;
      };
      return { answered: () => report("answered"), unused: () => report("unused") };
    },
  };
  const permit = {
    beforeCall: async () => {
      beforeGiven();
      return waits.next().value ?? true;
    },
  };
  const send = () =>
    sendPaced({ limiter, permit, halt }, { calls: 0, limited: 0 }, async (number) => {
      told.push(`call ${number}`);
      return { answer: ANSWER };
    });
  return { told, halt, send };
}

test("a request leaves in the place that it was given", async () => {
  const { told, send } = pacing([true]);
  expect(await send()).toEqual({ answer: ANSWER });
  expect(told).toEqual(["call 1", "slot 1 answered"]);
});

test("a place that was held while the lease was extended is given back, and the request leaves in a new one", async () => {
  const { told, send } = pacing([false, true]);
  expect(await send()).toEqual({ answer: ANSWER });
  expect(told).toEqual(["slot 1 unused", "call 1", "slot 2 answered"]);
});

test("a place that was held when the lease turned out to be lost is given back, and the failure is told", async () => {
  const lost = new Error("lost");
  const { told, send } = pacing([true], () => {
    throw lost;
  });
  await expect(send()).rejects.toBe(lost);
  expect(told).toEqual(["slot 1 unused"]);
});

test("a push that is over by the time of the permit sends nothing and keeps no place", async () => {
  const paced = pacing([true], () => paced.halt.defer("DAILY"));
  expect(await paced.send()).toBeNull();
  expect(paced.told).toEqual(["slot 1 unused"]);
});
