import type { Clock } from "./clock.ts";
import { hasCode } from "./error.ts";
import { type Lease, proveLease, readLease } from "./lease.ts";
import type { Progress, SendPermit } from "./push_ports.ts";
import type { SyncSession } from "./sync_session.ts";

/** From this part of `lease_extend_seconds` on the lease is extended beside the calls; they wait for it only when that time is over. */
const EXTENDED_EARLY = 2 / 3;

/** R3 and R5 for one batch: reads the lease on the database's clock and counts it down on the local one. */
export function sendPermit(
  session: SyncSession,
  lease: Lease,
  clock: Clock,
  progress?: Pick<Progress, "waits">,
): SendPermit {
  const { timings } = session.sync.config;
  const marginMs =
    (timings.call_timeout_seconds + timings.hubspot_request_seconds + timings.clock_skew_seconds) * 1000;
  const extendMs = timings.lease_extend_seconds * 1000;
  let expiresAt = Number.NEGATIVE_INFINITY;
  let extendedAt = Number.NEGATIVE_INFINITY;
  let triedEarly = false;
  let waited = false;
  let extending: Promise<void> | null = null;
  let lost: unknown = null;

  const extend = async () => {
    const asked = clock.now();
    await proveLease(session, lease);
    const { remainingMs, notBeforeMs } = await readLease(session);
    const isToWait = !waited && notBeforeMs > 0;
    waited = true;
    // Nothing is permitted while this waits; the lease is proved again after it.
    if (isToWait) {
      const until = new Date(clock.now() + notBeforeMs).toISOString();
      progress?.waits(
        `${session.sync.key}: nothing is sent before ${until} (${Math.ceil(notBeforeMs / 1000)} s), because requests that got no answer may still be at work in HubSpot.`,
      );
      return clock.sleep(notBeforeMs);
    }
    expiresAt = asked + remainingMs;
    extendedAt = asked;
    triedEarly = false;
  };

  const begin = (extension: Promise<void>) => {
    extending = extension.finally(() => {
      extending = null;
    });
    return extending;
  };

  const extendBeside = () => {
    triedEarly = true;
    if (extending !== null) return;
    void begin(
      extend().catch((error: unknown) => {
        // A warehouse that is away for a moment is asked again when the time is over.
        if (hasCode(error, "RETL_LEASE_LOST")) lost = error;
      }),
    );
  };

  return {
    async beforeCall() {
      for (let atOnce = true; ; atOnce = false) {
        if (lost !== null) throw lost;
        const now = clock.now();
        const age = now - extendedAt;
        if (age < extendMs && expiresAt - now > marginMs) {
          if (!triedEarly && age >= EXTENDED_EARLY * extendMs) extendBeside();
          return atOnce;
        }
        await (extending ?? begin(extend()));
      }
    },
  };
}
