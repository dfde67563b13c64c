import { describe, expect, it } from "vitest";
import { flowWorld } from "../support/flow_world.ts";
import { LOST_ANSWERS } from "../support/lost_answers.ts";
import { breachesOf } from "../support/oracle.ts";
import { contacts, FAULT_TIMINGS, persons } from "../support/people_sync.ts";

const mirror = contacts({ operation_mode: "mirror", timings: FAULT_TIMINGS });
const ARCHIVES = { method: "POST", path: "/batch/archive" };

describe("archiving the records of removed rows, when its answer is lost", () => {
  it.each(Object.entries(LOST_ANSWERS))(
    "%s: later runs finish it, and a row that came back meanwhile is a contact again",
    async (_way, action) => {
      const world = await flowWorld({ sync: mirror });
      await world.people(persons(8));
      await world.run();
      await world.people(persons(6));
      await world.fault({ match: ARCHIVES, times: 1, action });
      await world.run();
      await world.clearFaults();
      await world.people(persons(7));
      await world.runWhenFree();
      await world.runWhenFree();
      expect(await breachesOf(world)).toEqual([]);
    },
  );
});
