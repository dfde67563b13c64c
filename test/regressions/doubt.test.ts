import { describe, expect, it } from "vitest";
import { startAttempt } from "../../f/reverse_etl/sync/journal.ts";
import type { Outcome } from "../../f/reverse_etl/sync/outcome.ts";
import type { Plan } from "../../f/reverse_etl/sync/plan.ts";
import { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import { type SyncFixture, syncFixture } from "../support/sync_fixture.ts";

/** One attempt at the only batch of a plan: what it journals about row 1, and whether it comes to its end. */
async function attempt(fixture: SyncFixture, plan: Plan, outcome: Outcome | null, ended: boolean) {
  const session = new SyncSession(fixture.warehouse, fixture.sync);
  const lease = { runId: plan.run_id, token: plan.token ?? "" };
  const journal = await startAttempt(session, lease, { number: 1, first_seq: 1, last_seq: plan.changes });
  if (outcome !== null) {
    const call = { callNumber: 1, firstSeq: 1, lastSeq: 1, httpStatus: 200, sentAt: 0, latencyMs: 1 };
    await journal.append([{ ...call, results: [{ seq: 1, outcome }] }]);
  }
  if (ended) await journal.end();
}

const notTaken: Outcome = { kind: "rejected", code: "VALUE_NOT_TAKEN", property: "tier", message: "no" };
const invalid: Outcome = { kind: "rejected", code: "INVALID_OPTION", property: "tier", message: "no" };
const deferred: Outcome = { kind: "deferred", code: "DAILY" };

describe("a row that HubSpot may have changed is in doubt, whatever else is said about it", () => {
  it.each([
    ["deferred", deferred, "unknown"],
    ["rejected", invalid, "rejected"],
  ] as const)(
    "an attempt that died may have sent what its repetition finds %s",
    async (_name, outcome, counted) => {
      const fixture = await syncFixture();
      await fixture.source([["1", "1", "a"]]);
      const plan = await fixture.plan("r1");
      await attempt(fixture, plan, null, false);
      await attempt(fixture, plan, outcome, true);
      expect(await fixture.settle(plan)).toMatchObject({ outcomes: { [counted]: 1 } });
      expect(await fixture.state()).toEqual({ "1": { in_doubt: true } });
    },
  );

  it("of a value that HubSpot did not take, the row's other values were taken", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "1", "a"]]);
    await fixture.run("r1");
    await fixture.source([["1", "2", "b"]]);
    expect(await fixture.run("r2", () => notTaken)).toMatchObject({ outcomes: { rejected: 1, unknown: 0 } });
    expect(await fixture.state()).toEqual({ "1": { score: "1", tier: "a", in_doubt: true } });

    await fixture.source([["1", "1", "a"]]);
    const plan = await fixture.plan("r3");
    expect(plan.changes).toBe(1);
  });
});
