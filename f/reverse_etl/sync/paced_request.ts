import type { HubSpotAnswer } from "./hubspot_port.ts";
import type { PushHalt } from "./push_halt.ts";
import type { RateLimiter, SendPermit } from "./push_ports.ts";

/** What every request to HubSpot is subject to. */
export interface Pacing {
  readonly limiter: RateLimiter;
  readonly permit: SendPermit;
  readonly halt: PushHalt;
}

/** Counts requests that left, and those of them that HubSpot answered with 429. */
export interface RequestCounts {
  calls: number;
  limited: number;
}

/**
 * Sends one request when the limit and the lease allow it; null when nothing was sent, because the sending is over. Throws when the lease is
 * lost.
 *
 * @param request Sends it; it is told which of the counted requests it is, from 1.
 */
export async function sendPaced<Answered extends { readonly answer: HubSpotAnswer }>(
  { limiter, permit, halt }: Pacing,
  counts: RequestCounts,
  request: (callNumber: number) => Promise<Answered>,
): Promise<Answered | null> {
  while (!halt.reached) {
    const slot = await limiter.acquire();
    try {
      // The permit comes after the wait for the limiter, so that it still holds when the call leaves (R3).
      const atOnce = halt.reached || (await permit.beforeCall());
      if (halt.reached) return null;
      // A place that was held while the warehouse was asked is old: a call in it would arrive later than the limiter takes it to.
      if (!atOnce) continue;
      counts.calls += 1;
      const answered = await request(counts.calls);
      const { answer } = answered;
      slot.answered(answer);
      if (limiter.exhausted) halt.defer(limiter.exhausted);
      if (answer.kind === "answered" && answer.status === 429) counts.limited += 1;
      return answered;
    } finally {
      // Does nothing once the slot has its answer.
      slot.unused();
    }
  }
  return null;
}
