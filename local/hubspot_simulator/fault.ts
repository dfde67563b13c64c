import type { RandomStream } from "./random.ts";
import type { CallMatch, FaultAction, FaultRule, Settings } from "./settings.ts";

/** A call as faults see it. */
export interface FaultableCall {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

interface QueuedRule {
  readonly rule: FaultRule;
  seen: number;
}

/** The scripted faults in order, then the random ones. */
export class FaultQueue {
  readonly #random: RandomStream;
  #queued: QueuedRule[] = [];

  constructor(random: RandomStream, rules: readonly FaultRule[]) {
    this.#random = random;
    this.add(rules);
  }

  add(rules: readonly FaultRule[]): void {
    for (const rule of rules) this.#queued.push({ rule, seen: 0 });
  }

  clear(): void {
    this.#queued = [];
  }

  get pending(): readonly FaultRule[] {
    return this.#queued.map(({ rule }) => rule);
  }

  /** What goes wrong with this call. Every rule counts the calls that match it; the first one that is due acts. */
  choose(call: FaultableCall, randomFaults: Settings["randomFaults"]): FaultAction | null {
    let chosen: FaultAction | null = null;
    for (const queued of this.#queued) {
      if (!matches(queued.rule.match, call)) continue;
      queued.seen += 1;
      if (chosen === null && queued.seen >= queued.rule.nth) chosen = queued.rule.action;
    }
    this.#queued = this.#queued.filter(
      ({ rule, seen }) => rule.times === "always" || seen < rule.nth + rule.times - 1,
    );
    if (chosen !== null) return chosen;
    for (const fault of randomFaults) {
      if (matches(fault.match, call) && this.#random.next() < fault.rate) return fault.action;
    }
    return null;
  }
}

function matches(match: CallMatch, call: FaultableCall): boolean {
  if (match.method !== undefined && match.method.toUpperCase() !== call.method) return false;
  if (match.path !== undefined && !new RegExp(match.path).test(call.path)) return false;
  return match.bodyContains === undefined || call.body.includes(match.bodyContains);
}
