import { acquireLease } from "../../f/reverse_etl/sync/lease.ts";
import { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import { syncFixture } from "./sync_fixture.ts";

/** A migrated sync whose lease the run `r1` holds. */
export async function leased() {
  const fixture = await syncFixture();
  const session = new SyncSession(fixture.warehouse, fixture.sync);
  return { fixture, session, lease: await acquireLease(session, "r1") };
}
