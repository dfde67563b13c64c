import { expect, test } from "vitest";
import { allWritten } from "../hubspot/scripted_server.ts";
import { changes, push } from "./push_fixture.ts";

/** `nickname` is NULL in the source and left alone; HubSpot acknowledged "old" once. */
const ROWS = changes(1, () => ({
  known: true,
  payload: { city: "x" },
  desired: { city: "x", tier: "gold", nickname: "old" },
  kept: ["nickname"],
}));

test("a repetition after a lost answer leaves a kept property alone", async () => {
  const pushed = await push(ROWS, (request, number) => (number === 1 ? { drop: true } : allWritten(request)));
  expect(pushed.received[1]?.inputs[0]?.properties).toEqual({ city: "x", tier: "gold" });
  expect(pushed.summary).toMatchObject({ acknowledged: 1 });
});

test("a repeated attempt leaves a kept property alone", async () => {
  const pushed = await push(ROWS, (request) => allWritten(request), { repeated: true });
  expect(pushed.received[0]?.inputs[0]?.properties).toEqual({ city: "x", tier: "gold" });
});

test("a record that was made anew gets the kept property, too, even by a call that was sent whole", async () => {
  for (const repeated of [false, true]) {
    const pushed = await push(ROWS, (request, number) => allWritten(request, { new: number === 1 }), {
      repeated,
    });
    expect(pushed.received).toHaveLength(2);
    expect(pushed.received[1]?.inputs[0]?.properties).toEqual({ city: "x", tier: "gold", nickname: "old" });
    expect(pushed.summary).toMatchObject({ acknowledged: 1 });
  }
});
