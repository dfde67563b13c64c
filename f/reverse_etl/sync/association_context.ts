import type { LimitFunction } from "p-limit";
import type { HubSpotAssociations } from "./association_port.ts";
import type { AssociationTally } from "./association_tally.ts";
import { withRetries } from "./call_retry.ts";
import type { Clock, Random } from "./clock.ts";
import type { HubSpotAnswer } from "./hubspot_port.ts";
import { sendPaced } from "./paced_request.ts";
import type { PushHalt } from "./push_halt.ts";
import type { RateLimiter, SendPermit } from "./push_ports.ts";
import type { Reachability } from "./reachability.ts";
import { type Defer, holdsForEveryCall, type StopVerdict, type Wait } from "./verdict.ts";

/** Everything that the requests of one run about associations share. */
export interface AssociationContext {
  readonly hubspot: HubSpotAssociations;
  readonly limiter: RateLimiter;
  readonly permit: SendPermit;
  readonly clock: Clock;
  readonly random: Random;
  readonly halt: PushHalt;
  readonly reachability: Reachability;
  readonly tally: AssociationTally;
  /** Lets no more requests be in flight at once than the sync permits. */
  readonly inFlight: LimitFunction;
}

/** What became of one request with all its tries. */
export type Asked<V> =
  | { readonly kind: "answered"; readonly verdict: V; readonly maybeApplied: boolean }
  /** No answer that decides anything; the reason why nothing more is sent is kept by the halt, if there is one. */
  | { readonly kind: "unanswered"; readonly code: string; readonly maybeApplied: boolean };

type Undecided = Wait | Defer | StopVerdict;

/** What a write that uses up its tries says about HubSpot; nothing about a read is known from it. */
export interface WriteTrouble {
  /** Whether smaller calls may do. */
  readonly canBeCut: boolean;
  /** `writesAnswered` when the call that this is a part of used up its tries; null for a call of its own. */
  readonly troubleSince: number | null;
}

/** Sends one request (a read without `write`), paced, leased and tried again as long as that may help. Throws only when the lease is lost. */
export async function ask<V extends { readonly kind: string }>(
  context: AssociationContext,
  write: WriteTrouble | null,
  request: () => Promise<{ readonly answer: HubSpotAnswer; readonly verdict: V | Undecided }>,
): Promise<Asked<Exclude<V, Undecided>>> {
  const { clock, random, halt, reachability, tally, inFlight } = context;
  // What any try may have done counts, not only what the last one did.
  let maybeApplied = false;
  const once = async (): Promise<V | Undecided | { readonly kind: "not_sent" }> => {
    const sent = await inFlight(() => sendPaced(context, tally, request));
    if (sent === null) return { kind: "not_sent" };
    const { verdict } = sent;
    if (isUndecided(verdict) && verdict.kind === "wait" && verdict.applied === "maybe") {
      maybeApplied = true;
      if (write !== null) tally.gaveUp = true;
    }
    return verdict;
  };
  const result = await withRetries(once, {
    clock,
    random,
    beforePause: async () => undefined,
    isOver: () => halt.reached,
  });
  switch (result.kind) {
    case "not_sent":
      return { kind: "unanswered", code: reasonOf(halt), maybeApplied };
    case "defer":
      halt.defer((result as Defer).code);
      return { kind: "unanswered", code: (result as Defer).code, maybeApplied };
    case "stop":
      halt.stop((result as StopVerdict).stop);
      return { kind: "unanswered", code: (result as StopVerdict).stop.code, maybeApplied };
    case "wait": {
      const wait = result as Wait;
      const { code } = wait;
      if (holdsForEveryCall(wait)) halt.defer(code);
      else reachability.usedUp(code, write?.canBeCut ?? false, write?.troubleSince ?? null);
      return { kind: "unanswered", code, maybeApplied };
    }
    default:
      reachability.answered(write !== null);
      return { kind: "answered", verdict: result as Exclude<V, Undecided>, maybeApplied };
  }
}

/** Why nothing more is sent. */
export function reasonOf({ deferral }: PushHalt): string {
  return deferral.kind === "acknowledged" ? "NOT_SENT" : deferral.code;
}

function isUndecided(verdict: { readonly kind: string }): verdict is Undecided {
  return verdict.kind === "wait" || verdict.kind === "defer" || verdict.kind === "stop";
}
