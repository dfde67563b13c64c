import type { PushRow } from "./call_of_changes.ts";
import { pauseMs, RETRY, withRetries } from "./call_retry.ts";
import type { WriteAction } from "./hubspot_port.ts";
import type { NotSent, PushContext, Sent } from "./push_call.ts";
import type { Entry, PushDecisions } from "./push_decisions.ts";
import type { Reachability } from "./reachability.ts";
import type { Recorder } from "./suspect.ts";
import {
  type Defer,
  isForeseen,
  LONGEST_WAIT_SECONDS,
  type ReadVerdict,
  SERVER_ERROR,
  type StopVerdict,
  type Verdict,
  type Wait,
} from "./verdict.ts";

/** An answer that says what became of the rows. */
export type Decisive<V> = Sent<Exclude<V, Wait | Defer | StopVerdict>>;

/** A call that used up its tries and may have been applied; its last request is still to be recorded. */
export interface UsedUp {
  readonly kind: "used_up";
  readonly code: string;
  /** True when HubSpot answered every try with a server error; false when one was met with silence. */
  readonly isServerError: boolean;
  readonly record: Recorder;
}

export function usedUp(
  code: string,
  isServerError: boolean,
  { record }: { readonly record: Recorder },
): UsedUp {
  return { kind: "used_up", code, isServerError, record };
}

/** The tries of one call. One for all calls of a push. */
export class PushTries {
  readonly #context: PushContext;
  readonly #decisions: PushDecisions;
  readonly #reachability: Reachability;

  constructor(context: PushContext, decisions: PushDecisions, reachability: Reachability) {
    this.#context = context;
    this.#decisions = decisions;
    this.#reachability = reachability;
  }

  /**
   * Sends until the answer is no `wait`. Null when the rows are decided: the push is over, or the call was certainly not applied.
   *
   * @param troubleSince Writes answered when the call that this is a part of used up its tries; null for a call of its own.
   */
  async send<V extends Verdict | ReadVerdict>(
    rows: readonly PushRow[],
    send: () => Promise<NotSent | Sent<V>>,
    action: WriteAction | "read",
    troubleSince: number | null,
  ): Promise<Decisive<V> | UsedUp | null> {
    const { clock, random, journal, halt } = this.#context;
    const decisions = this.#decisions;
    let record: Recorder = async () => {};
    let doubts: readonly Entry[] = [];
    let isServerError = true;
    const reachability = this.#reachability;
    const isWrite = action !== "read";
    const call = { isWrite, canBeCut: rows.length > 1 && isWrite, troubleSince };
    // A create that came to nothing is read back between two tries.
    let failedTries = action === "create" ? Math.min(...rows.map(({ creates }) => creates)) : 0;
    const failed = (code: string) => {
      failedTries += 1;
      reachability.failed(code, isWrite);
    };
    const last = await withRetries<NotSent | Sent<V>>(
      async () => {
        const sent = await reachability.through(send);
        if (sent.kind === "not_sent") return sent;
        const { verdict } = sent;
        if (verdict.kind === "read_back") failed(verdict.code);
        if (verdict.kind !== "wait") return sent;
        if (!isForeseen(verdict)) failed(verdict.code);
        const maybe = verdict.applied === "maybe" && isWrite;
        if (maybe && !SERVER_ERROR.test(verdict.code)) isServerError = false;
        record = sent.record;
        doubts = maybe ? rows.map((row) => decisions.doubt(row, verdict.code)) : [];
        return verdict;
      },
      {
        clock,
        random,
        beforePause: async () => {
          await record(doubts);
          await journal.flush();
        },
        isOver: () => halt.reached,
        shared: reachability.troubleOf(call),
      },
    );
    if (last.kind === "not_sent") {
      decisions.defer(rows);
      return null;
    }
    if (last.kind === "wait") {
      // A pause that is too long to be waited for is HubSpot's word on every call.
      if (last.limited || last.seconds > LONGEST_WAIT_SECONDS) halt.defer(last.code);
      const isOpen = last.applied === "maybe" && !halt.reached;
      if (!isOpen) {
        await record(doubts);
        if (halt.reached) decisions.defer(rows);
        else decisions.putOff(rows, last.code);
        return null;
      }
      if (last.atLeast) await clock.sleep(pauseMs(last, RETRY.tries, random));
      return usedUp(last.code, isServerError && SERVER_ERROR.test(last.code), { record });
    }
    const { verdict } = last;
    if (verdict.kind !== "read_back") reachability.answered(isWrite, failedTries);
    if (verdict.kind === "stop" || verdict.kind === "defer") {
      if (verdict.kind === "stop") halt.stop(verdict.stop);
      else halt.defer(verdict.code);
      const code = verdict.kind === "stop" ? verdict.stop.code : verdict.code;
      const entries = rows.map((row) => decisions.decide(row, { kind: "deferred", code }));
      await last.record(entries.filter((entry) => entry.outcome.kind === "deferred"));
      return null;
    }
    return last as Decisive<V>;
  }
}
