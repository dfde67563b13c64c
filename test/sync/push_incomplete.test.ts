import { expect, test } from "vitest";
import { readAhead } from "../../f/reverse_etl/sync/read_ahead.ts";
import { allWritten } from "../hubspot/scripted_server.ts";
import { changes, pagesOf, push } from "./push_fixture.ts";

test("a batch of which a change is missing is not sent", async () => {
  const pushed = await push(changes(40), (request) => allWritten(request), { expected: 41 });
  expect(pushed.error).toMatchObject({ code: "RETL_COUNTS_DIFFER", details: { expected: 41, read: 40 } });
  expect(pushed.received).toHaveLength(0);
  expect(pushed.ended).toBe(false);
});

test("a batch with more changes than planned ends without an end, and what exceeds it is not sent", async () => {
  const pushed = await push(changes(300), (request) => allWritten(request), { expected: 200, pageSize: 100 });
  expect(pushed.error).toMatchObject({ code: "RETL_COUNTS_DIFFER" });
  expect(pushed.received.length).toBeLessThanOrEqual(2);
  expect(pushed.outcomes.size).toBe(pushed.received.length * 100);
  expect(pushed.ended).toBe(false);
});

test("a complete batch passes, changes decided before included", async () => {
  const pushed = await push(changes(4), (request) => allWritten(request), {
    expected: 4,
    decided: new Set([2]),
  });
  expect(pushed.error).toBeNull();
  expect(pushed.ended).toBe(true);
});

test("when changes can no longer be read ahead, the calls in flight are journalled, the rest is not sent and the push throws", async () => {
  const gone = new Error("the warehouse is gone");
  async function* failing() {
    yield* pagesOf(changes(1_000), 500);
    throw gone;
  }
  const pushed = await push([], (request) => ({ ...allWritten(request), delayMs: 10 }), {
    pages: readAhead(failing()),
    expected: 2_000,
  });
  expect(pushed.error).toBe(gone);
  expect(pushed.received.length).toBeGreaterThan(0);
  expect(pushed.outcomes.size).toBe(pushed.received.length * 100);
  expect(pushed.ended).toBe(false);
});
