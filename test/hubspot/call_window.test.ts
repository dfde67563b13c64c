import { expect, test } from "vitest";
import { CallWindow } from "../../f/reverse_etl/hubspot/call_window.ts";

const WINDOW_MS = 10_000;
const GUARD_MS = 50;

/** A window some of whose first moments are over, in which calls may arrive late. */
function started() {
  const window = new CallWindow(WINDOW_MS, GUARD_MS);
  window.answered(window.send(0), 100, 100);
  window.leave(20_000, false);
  return window;
}

test("a place that is given back after it has left the window is taken off once", () => {
  const window = started();
  const held = window.send(30_000);
  expect(window.leave(41_100, false)).toEqual([30_000 + WINDOW_MS + GUARD_MS]);
  window.forget(held, 42_000);
  expect(window.size).toBe(0);
});

test("a call counts for a window from when it left, not from when it took its place", () => {
  const window = started();
  const call = window.send(30_000);
  window.answered(call, 30_900, 300);
  expect(window.leave(40_600 + GUARD_MS - 1, false)).toEqual([]);
  expect(window.leave(40_600 + GUARD_MS, false)).toEqual([40_600 + GUARD_MS]);
});

test("one that left late hides none of those after it, which HubSpot has let go of", () => {
  const window = started();
  const [late, next, last] = [window.send(30_000), window.send(30_001), window.send(30_002)];
  window.answered(late, 31_500, 500);
  window.answered(next, 30_500, 499);
  window.answered(last, 30_500, 498);
  const follower = window.send(40_010);
  expect(follower.gap).toBe(2);
  window.leave(41_050, false);
  // The three have left since, two of which were accounted for; the one that is in the way then keeps its place until it has left.
  expect(window.grownSince(follower)).toBe(-1);
});
