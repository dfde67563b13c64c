import { expect, test } from "vitest";
import { batchChanges } from "../../f/reverse_etl/sync/changes.ts";
import { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import { allWritten } from "../hubspot/scripted_server.ts";
import { syncFixture } from "../support/sync_fixture.ts";
import { changes, push } from "./push_fixture.ts";

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

test("a page of changes that misses one is refused before any of it is sent", async () => {
  const fixture = await syncFixture();
  await fixture.source(["1", "2", "3"].map((id) => [id, "1", "a"]));
  await fixture.plan("r1");
  await fixture.warehouse.execute("delete from retl.hubspot_contacts_sync where seq = 2");
  const session = new SyncSession(fixture.warehouse, fixture.sync);
  const pages = batchChanges(session, "r1", { number: 1, first_seq: 1, last_seq: 3 }, { perSecond: 2_000 });
  await expect(pages[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "RETL_COUNTS_DIFFER" });
});
