import { judgeStatus } from "./hubspot/judge_status.ts";
import { withRetries } from "./sync/call_retry.ts";
import { systemClock, systemRandom } from "./sync/clock.ts";
import type { HubSpot, HubSpotAnswer } from "./sync/hubspot_port.ts";
import { type Defer, holdsForEveryCall, type Wait } from "./sync/verdict.ts";

/**
 * Asks for the properties of an object type, and waits for a burst limit, a lock or a migration as a push does. Answers what came last; throws
 * nothing.
 */
export async function readProperties(
  hubspot: Pick<HubSpot, "properties">,
  objectType: string,
  archived = false,
): Promise<HubSpotAnswer> {
  const answers: HubSpotAnswer[] = [];
  const once = async () => {
    const answer = await hubspot.properties(objectType, archived);
    answers.splice(0, 1, answer);
    const told = putOff(answer);
    return told?.kind === "wait" ? told : { kind: "told" as const };
  };
  const ports = { clock: systemClock, random: systemRandom };
  await withRetries(once, { ...ports, beforePause: async () => undefined, isOver: () => false });
  const [last] = answers;
  if (last === undefined) throw new Error("Internal error: the properties were not asked for.");
  return last;
}

/** What keeps every call from being taken for a time, as HubSpot says; null for every other answer. */
export function putOff(answer: HubSpotAnswer): Wait | Defer | null {
  const told = judgeStatus(answer);
  return told.kind === "defer" || (told.kind === "wait" && holdsForEveryCall(told)) ? told : null;
}
