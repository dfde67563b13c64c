import type { Clock } from "./clock.ts";
import { hasCode } from "./error.ts";
import { type Lease, type LeaseReading, proveLease, readLease } from "./lease.ts";
import type { Progress, SendPermit } from "./push_ports.ts";
import type { SyncSession } from "./sync_session.ts";

/** From this part of `lease_extend_seconds` on the lease is looked at beside the calls; they wait for it only when that time is over. */
const LOOKED_EARLY = 2 / 3;

/**
 * R3 and R5 for one batch: reads the lease on the database's clock and counts it down on the local one. It is extended only where no step or
 * batch of the run has just done so, because what changes its one row has to wait for whoever changes it as well.
 */
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
  const leaseMs = timings.lease_seconds * 1000;
  let expiresAt = Number.NEGATIVE_INFINITY;
  let provedAt = Number.NEGATIVE_INFINITY;
  let triedEarly = false;
  let waited = false;
  let looking: Promise<void> | null = null;
  let lost: unknown = null;

  /** Whether it is this run's, and lasts until it is looked at again. */
  const isEnough = ({ holder, token, remainingMs }: LeaseReading) =>
    holder === lease.runId && token === lease.token && remainingMs >= marginMs + extendMs;

  /** The lease, and how long ago it was extended. */
  const proved = async () => {
    const reading = await readLease(session);
    const ageMs = Math.max(0, leaseMs - reading.remainingMs);
    if (isEnough(reading) && ageMs < LOOKED_EARLY * extendMs) return { reading, ageMs };
    await proveLease(session, lease);
    return { reading: await readLease(session), ageMs: 0 };
  };

  const look = async () => {
    const asked = clock.now();
    const { reading, ageMs } = await proved();
    const { remainingMs, notBeforeMs } = reading;
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
    // A reading sees nothing of a settle that is under way: it permits no more than the extension that it read, which came before that.
    provedAt = asked - ageMs;
    triedEarly = false;
  };

  const begin = (one: Promise<void>) => {
    looking = one.finally(() => {
      looking = null;
    });
    return looking;
  };

  const lookBeside = () => {
    triedEarly = true;
    if (looking !== null) return;
    void begin(
      look().catch((error: unknown) => {
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
        const age = now - provedAt;
        if (age < extendMs && expiresAt - now > marginMs) {
          if (!triedEarly && age >= LOOKED_EARLY * extendMs) lookBeside();
          return atOnce;
        }
        await (looking ?? begin(look()));
      }
    },
  };
}
