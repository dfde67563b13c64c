import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Turns } from "../../../local/hubspot_simulator/turns.ts";

test("what comes while many answers fall due together is heard before the last of them", async () => {
  const turns = new Turns();
  const order: (number | "a call came")[] = [];
  const answers = [1, 2, 3, 4].map((answer) => turns.next().then(() => order.push(answer)));
  const call = nextTurn().then(() => order.push("a call came"));
  await Promise.all([...answers, call]);
  expect(order.filter((entry) => entry !== "a call came")).toEqual([1, 2, 3, 4]);
  expect(order.indexOf("a call came")).toBeLessThan(order.indexOf(3));
});
