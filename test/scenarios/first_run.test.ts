import { expect, it } from "vitest";
import { flowWorld } from "../support/flow_world.ts";

it("a first run creates every row in HubSpot, a second one without a change sends nothing and takes at most 6 Windmill jobs", async () => {
  const world = await flowWorld();
  await world.people(Array.from({ length: 23 }, (_, i) => ({ id: `p${i}`, score: i, tier: "gold", note: null })));
  const first = await world.run();
  expect(first.result).toMatchObject({ status: "succeeded", outcomes: { acknowledged: 23, rejected: 0 } });
  expect(await world.contactCount()).toBe(23);
  expect((await world.held()).p7).toEqual({ score: "7", tier: "gold" });
  const calls = await world.writeCalls();
  const second = await world.run();
  expect(second.success).toBe(true);
  expect(await world.writeCalls()).toBe(calls);
  expect(second.jobs).toBeLessThanOrEqual(6);
});
