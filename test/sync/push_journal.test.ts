import { expect, test } from "vitest";
import { startAttempt } from "../../f/reverse_etl/sync/journal.ts";
import type { Outcome } from "../../f/reverse_etl/sync/outcome.ts";
import { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import { syncFixture } from "../support/sync_fixture.ts";

/** One batch has journalled these entries; what does the next one learn? */
async function halted(...entries: readonly (readonly [status: number, outcomes: readonly Outcome[]])[]) {
  const fixture = await syncFixture();
  await fixture.source(["1", "2", "3"].map((id) => [id, "1", "a"]));
  const plan = await fixture.plan("r1");
  const session = new SyncSession(fixture.warehouse, fixture.sync);
  const lease = { runId: "r1", token: plan.token ?? "" };
  const first = await startAttempt(session, lease, { number: 1, first_seq: 1, last_seq: 2 });
  await first.append(
    entries.map(([httpStatus, outcomes], index) => ({
      callNumber: index + 1,
      firstSeq: 1,
      lastSeq: 2,
      httpStatus,
      sentAt: 0,
      latencyMs: 1,
      results: outcomes.map((outcome, row) => ({ seq: row + 1, outcome })),
    })),
  );
  const next = () => startAttempt(session, lease, { number: 2, first_seq: 3, last_seq: 3 });
  return { next, end: (reason: string) => first.end(reason) };
}

const acknowledged: Outcome = { kind: "acknowledged", hubspotId: "1" };
const deferred = (code: string): Outcome => ({ kind: "deferred", code });

test("a batch learns that another met the daily limit or was refused whatever the row", async () => {
  for (const [status, code] of [
    [429, "DAILY"],
    [401, "RETL_HUBSPOT_UNAUTHORIZED"],
    [403, "RETL_HUBSPOT_FORBIDDEN"],
    [404, "RETL_HUBSPOT_REFUSED"],
  ] as const) {
    const { next } = await halted([200, [acknowledged]], [status, [deferred(code)]]);
    expect((await next()).halted).toBe(code);
  }
});

test("a batch learns what ended another early", async () => {
  for (const code of ["DAILY_RESERVE", "MIGRATION", "RETL_HUBSPOT_UNREACHABLE"]) {
    const { next, end } = await halted([200, [acknowledged]]);
    await end(code);
    expect((await next()).halted).toBe(code);
  }
});

test("a row that was only put off halts no other batch", async () => {
  const { next } = await halted([429, []], [207, [acknowledged, deferred("RATE_LIMIT")]], [500, []]);
  expect((await next()).halted).toBeNull();
});

test("the results of a call that decided a row are not searched, because such a call halts nothing", async () => {
  const { next } = await halted([200, [acknowledged, deferred("DAILY")]]);
  expect((await next()).halted).toBeNull();
});
