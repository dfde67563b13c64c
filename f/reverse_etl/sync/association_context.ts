import type { LimitFunction } from "p-limit";
import type { HubSpotAssociations } from "./association_port.ts";
import type { AssociationTally } from "./association_tally.ts";
import { withRetries } from "./call_retry.ts";
import type { Clock, Random } from "./clock.ts";
import type { HubSpotAnswer } from "./hubspot_port.ts";
import { sendPaced } from "./paced_request.ts";
import type { PushHalt } from "./push_halt.ts";
import type { RateLimiter, SendPermit } from "./push_ports.ts";
import type { CallTrouble, Reachability } from "./reachability.ts";
import { type Defer, holdsForEveryCall, isForeseen, type StopVerdict, type Wait } from "./verdict.ts";

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

/** Sends one request (a read without `write`), paced, leased and tried again as long as that may help. Throws only when the lease is lost. */
export async function ask<V extends { readonly kind: string }>(
  context: AssociationContext,
  write: Omit<CallTrouble, "isWrite"> | null,
  request: () => Promise<{ readonly answer: HubSpotAnswer; readonly verdict: V | Undecided }>,
): Promise<Asked<Exclude<V, Undecided>>> {
  const { clock, random, halt, reachability, tally, inFlight } = context;
  // What any try may have done counts, not only what the last one did.
  let maybeApplied = false;
  let failedTries = 0;
  const once = async (): Promise<V | Undecided | { readonly kind: "not_sent" }> => {
    const sent = await inFlight(() => reachability.through(() => sendPaced(context, tally, request)));
    if (sent === null) return { kind: "not_sent" };
    const { verdict } = sent;
    if (isWait(verdict) && !isForeseen(verdict)) {
      failedTries += 1;
      reachability.failed(verdict.code, write !== null);
    }
    if (isWait(verdict) && verdict.applied === "maybe") {
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
    shared: reachability.troubleOf({
      canBeCut: false,
      troubleSince: null,
      ...write,
      isWrite: write !== null,
    }),
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
      return { kind: "unanswered", code, maybeApplied };
    }
    default:
      reachability.answered(write !== null, failedTries);
      return { kind: "answered", verdict: result as Exclude<V, Undecided>, maybeApplied };
  }
}

/** Why nothing more is sent. */
export function reasonOf({ deferral }: PushHalt): string {
  return deferral.kind === "acknowledged" ? "NOT_SENT" : deferral.code;
}

function isWait(verdict: { readonly kind: string }): verdict is Wait {
  return verdict.kind === "wait";
}
