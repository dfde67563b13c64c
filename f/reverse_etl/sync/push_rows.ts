import { isPartial, type PushRow, wholeOf } from "./call_of_changes.ts";
import { pauseMs, RETRY, withRetries } from "./call_retry.ts";
import type { WriteAction } from "./hubspot_port.ts";
import type { Outcome } from "./outcome.ts";
import { type NotSent, type PushContext, type Sent, sendRead, sendWrite } from "./push_call.ts";
import { Reachability } from "./reachability.ts";
import { splitCall } from "./split_call.ts";
import { outcomeOfSuspect, type Recorder, type Suspect } from "./suspect.ts";
import type { Defer, ReadBack, ReadVerdict, StopVerdict, Verdict, Wait } from "./verdict.ts";

/** Single rows that HubSpot must refuse for one reason, with none accepted, before the reason counts as everybody's. */
const SYSTEMIC_AFTER = 8;

/** An answer refused a row without saying which: each row that it does not account for goes out alone, where a refusal is its own. */
const UNNAMED_REFUSAL = "UNNAMED_REFUSAL";

/** Doubts that smaller calls may get past: a row that HubSpot cannot digest, or a call that is too much for it. */
const SERVER_ERROR = /^HTTP_5\d\d$/;
const NO_VERDICT = /^(HTTP_(408|5\d\d)|TIMEOUT|CONNECTION_LOST)$/;

type Rows = readonly PushRow[];
type Entry = { readonly seq: number; readonly outcome: Outcome };
type Decisive<V> = Sent<Exclude<V, Wait | Defer | StopVerdict>>;

/** A call that used up its tries and may have been applied; its last request is still to be recorded. */
interface UsedUp {
  readonly kind: "used_up";
  readonly code: string;
  /** True when HubSpot answered every try with a server error; false when one was met with silence. */
  readonly isServerError: boolean;
  readonly record: Recorder;
}

interface Sending {
  /** HubSpot refused the rows, as a call or as the single row that they are. */
  readonly refused: boolean;
  /** Two rows or more that are still undecided: the tries of their call are used up, smaller calls may do. */
  readonly unanswered: Rows;
}

const DONE: Sending = { refused: false, unanswered: [] };

/** Pushes calls of rows until every row has its outcome. One for all calls of a push. */
export class RowPusher {
  readonly #context: PushContext;
  readonly #refusedAlone = new Map<string, number>();
  readonly #reachability: Reachability;
  readonly #suspects: Suspect[] = [];

  constructor(context: PushContext) {
    this.#context = context;
    this.#reachability = new Reachability(context.halt);
  }

  /** Resolves when every row is decided or suspect; throws only when the push cannot go on (journal, lease). */
  async push(action: WriteAction, rows: Rows): Promise<void> {
    // A create that the state knows without a record id has had an unknown outcome in an earlier run (R7).
    const doubtful = rows.filter((row) => action === "create" && (row.change.known || row.mayHaveBeenSent));
    const fresh = rows.filter((row) => !doubtful.includes(row));
    if (doubtful.length > 0) {
      const { unanswered } = await this.#readBack(doubtful, null);
      await this.#shrink("create", unanswered);
    }
    if (fresh.length > 0) await this.#send(action, fresh, false);
  }

  /** To be called when nothing is in flight any more: decides the rows that are still suspect. */
  async finish(): Promise<void> {
    this.#reachability.finish();
    for (const suspect of this.#suspects.splice(0)) {
      const outcome = outcomeOfSuspect(suspect, this.#context, this.#reachability.writesAnswered);
      await suspect.record([this.#decide(suspect.row, outcome)]);
    }
  }

  /** Sends the rows, in smaller calls when the tries of their call are used up. Says whether HubSpot refused them. */
  async #send(action: WriteAction, rows: Rows, isolating: boolean): Promise<boolean> {
    const { refused, unanswered } = await this.#sendCall(action, rows, isolating, null);
    await this.#shrink(action, unanswered);
    return refused;
  }

  async #sendCall(
    action: WriteAction,
    rows: Rows,
    isolating: boolean,
    troubleSince: number | null,
  ): Promise<Sending> {
    const sent = await this.#retrying(
      rows,
      () => sendWrite(this.#context, action, rows),
      action,
      troubleSince,
    );
    if (sent === null) return DONE;
    if (sent.kind === "used_up") return this.#unanswered(rows, sent, troubleSince);
    const { verdict } = sent;
    if (action === "create") for (const row of rows) row.creates += 1;
    if (verdict.kind === "split") {
      await this.#split(action, rows, sent, verdict.outcomes);
      return { refused: true, unanswered: [] };
    }
    const outcomes: readonly Outcome[] =
      verdict.kind === "settle"
        ? verdict.outcomes
        : rows.map(() => ({ kind: "unknown", code: verdict.code }));
    const again: PushRow[] = [];
    const lookUp: PushRow[] = [];
    const alone: PushRow[] = [];
    const entries = rows.map((row, index): Entry => {
      const outcome = outcomes[index] ?? { kind: "unknown", code: "NOT_ACCOUNTED_FOR" };
      if (action === "create" && this.#needsReadBack(row, outcome)) {
        lookUp.push(row);
        return this.#doubt(row, outcome.kind === "unknown" ? outcome.code : "CONFLICT");
      }
      if (action === "upsert" && this.#isRecreated(row, outcome)) {
        again.push(row);
        row.recreated = true;
        return this.#doubt(row, "RECORD_RECREATED");
      }
      if (outcome.kind === "unknown" && outcome.code === UNNAMED_REFUSAL && rows.length > 1) {
        alone.push(row);
        return this.#doubt(row, outcome.code);
      }
      return this.#decide(row, outcome);
    });
    await sent.record(entries);
    for (const row of alone) await this.#send(action, [row], true);
    if (again.length > 0) await this.#send(action, again, isolating);
    const { unanswered } = lookUp.length > 0 ? await this.#readBack(lookUp, troubleSince) : DONE;
    const only = rows.length === 1 ? rows[0]?.outcome : undefined;
    if (only?.kind !== "rejected") return { refused: false, unanswered };
    if (isolating) this.#countRefusal(only);
    return { refused: true, unanswered };
  }

  /** A call that used up its tries: several rows go on in smaller calls, a single one ends here. */
  async #unanswered(rows: Rows, usedUp: UsedUp, troubleSince: number | null): Promise<Sending> {
    const { code, record, isServerError } = usedUp;
    const [first, ...others] = rows;
    if (first !== undefined && others.length === 0 && isServerError) {
      const since = troubleSince ?? this.#reachability.writesAnswered;
      this.#doubt(first, code);
      this.#suspects.push({ row: first, code, troubleSince: since, record });
      return DONE;
    }
    await record(rows.map((row) => this.#doubt(row, code)));
    if (others.length > 0) return { refused: false, unanswered: rows };
    this.#giveUp(rows, code);
    return DONE;
  }

  /**
   * Sends rows whose call used up its tries in two parts, and what of them is not answered in smaller ones still. Both parts go out
   * before one is cut further, because a healthy one shows that HubSpot can be reached; where that is in question, one row goes ahead.
   */
  async #shrink(action: WriteAction, rows: Rows, since?: number): Promise<void> {
    if (rows.length === 0) return;
    const troubleSince = since ?? this.#reachability.writesAnswered;
    const unanswered: Rows[] = [];
    const send = async (part: Rows) => {
      for (const row of part) row.creates = 0;
      const sending = await this.#sendCall(action, part, true, troubleSince);
      unanswered.push(sending.unanswered);
    };
    const sendPart = async (part: Rows) => {
      const [ahead, others] = this.#reachability.isQuestioned ? this.#oneAhead(part) : [[], part];
      if (ahead.length > 0) await send(ahead);
      if (others.length > 0) await send(others);
    };
    const [first, second] = rows.length === 1 ? [rows, []] : splitCall(rows);
    await sendPart(first);
    const isHealthy = first.every(({ outcome }) => outcome !== null && outcome.kind !== "unknown");
    // The fault then lies in the second part, which is cut without being sent whole.
    if (isHealthy && second.length > 1) unanswered.push(second);
    else if (second.length > 0) await sendPart(second);
    for (const part of unanswered) await this.#shrink(action, part, troubleSince);
  }

  /** Any row will do, but not the same one in every run: it may be the one at fault. */
  #oneAhead(rows: Rows): readonly [Rows, Rows] {
    const ahead = Math.floor(this.#context.random() * rows.length);
    return [rows.slice(ahead, ahead + 1), rows.filter((_, index) => index !== ahead)];
  }

  /** Rows that the refusal names are decided; the others go out again, in two parts when none is named. */
  async #split(
    action: WriteAction,
    rows: Rows,
    sent: Sent<Verdict>,
    told: readonly (Outcome | null)[],
  ): Promise<void> {
    const entries = rows.flatMap((row, index) => {
      const outcome = told[index];
      return outcome === null || outcome === undefined ? [] : [this.#decide(row, outcome)];
    });
    await sent.record(entries);
    const rest = rows.filter((row) => row.outcome === null);
    if (entries.length > 0) await this.#send(action, rest, true);
    else await this.#isolate(action, rest);
  }

  /** Finds the rows at fault among two or more, of which HubSpot refused at least one. */
  async #isolate(action: WriteAction, rows: Rows): Promise<void> {
    const [first, second] = splitCall(rows);
    const firstRefused = await this.#send(action, first, true);
    if (!firstRefused && second.length > 1 && !this.#context.halt.reached)
      await this.#isolate(action, second);
    else await this.#send(action, second, true);
  }

  /** R7: what became of creates is asked by their unique property; only those known to be absent are sent again. */
  async #readBack(rows: Rows, troubleSince: number | null): Promise<Sending> {
    const { sync } = this.#context;
    const idProperty = sync.idProperty;
    if (idProperty === null) {
      this.#giveUp(rows, "CREATE_UNKNOWN");
      return DONE;
    }
    const sent = await this.#retrying(rows, () => sendRead(this.#context, idProperty, rows), "read", null);
    if (sent === null) return DONE;
    if (sent.kind === "used_up") {
      await sent.record([]);
      this.#giveUp(rows, sent.code);
      return DONE;
    }
    const reads = sent.verdict.rows;
    const absent = rows.filter((_, index) => reads[index]?.kind === "absent");
    const again = absent.filter((row) => row.creates < RETRY.tries);
    const usedUp = absent.filter((row) => row.creates >= RETRY.tries && NO_VERDICT.test(row.doubt ?? ""));
    const entries = rows.flatMap((row, index): readonly Entry[] =>
      again.includes(row) || usedUp.includes(row)
        ? []
        : [this.#decide(row, this.#outcomeOfRead(row, reads[index], idProperty))],
    );
    // A single row's last request is recorded with what becomes of the row.
    const isAlone = rows.length === 1 && usedUp.length === 1;
    if (!isAlone) await sent.record(entries);
    const code = usedUp[0]?.doubt ?? "NOT_READ_BACK";
    if (usedUp.length > 0) this.#reachability.usedUp(code, rows.length > 1, troubleSince);
    if (isAlone)
      return this.#unanswered(rows, this.#usedUp(code, SERVER_ERROR.test(code), sent), troubleSince);
    const { unanswered } =
      again.length > 0 ? await this.#sendCall("create", again, false, troubleSince) : DONE;
    return { refused: false, unanswered: [...usedUp, ...unanswered] };
  }

  #outcomeOfRead(row: PushRow, read: ReadBack | undefined, idProperty: string): Outcome {
    if (read?.kind !== "found") return { kind: "unknown", code: "NOT_READ_BACK" };
    const problem = this.#context.hubspot.unconfirmed(wholeOf(row.change), read.properties);
    if (problem === null) return { kind: "acknowledged", hubspotId: read.hubspotId };
    return {
      kind: "rejected",
      code: "CONFLICT",
      property: idProperty,
      message: "a record with this unique value exists and holds other values",
    };
  }

  /**
   * Sends until the answer is no `wait`. Null when the rows are decided: the push is over, or the call was certainly not applied.
   */
  async #retrying<V extends Verdict | ReadVerdict>(
    rows: Rows,
    send: () => Promise<NotSent | Sent<V>>,
    action: WriteAction | "read",
    troubleSince: number | null,
  ): Promise<Decisive<V> | UsedUp | null> {
    const { clock, random, journal, halt } = this.#context;
    let record: Recorder = async () => {};
    let doubts: readonly Entry[] = [];
    let isServerError = true;
    const last = await withRetries<NotSent | Sent<V>>(
      async () => {
        const sent = await send();
        if (sent.kind === "not_sent") return sent;
        const { verdict } = sent;
        if (verdict.kind !== "wait") return sent;
        const maybe = verdict.applied === "maybe" && action !== "read";
        if (maybe && !SERVER_ERROR.test(verdict.code)) isServerError = false;
        record = sent.record;
        doubts = maybe ? rows.map((row) => this.#doubt(row, verdict.code)) : [];
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
      },
    );
    if (last.kind === "not_sent") {
      this.#defer(rows);
      return null;
    }
    if (last.kind === "wait") {
      const isForeseen = last.limited || (last.atLeast && last.applied === "no");
      const canBeCut = rows.length > 1 && action !== "read";
      if (!isForeseen) this.#reachability.usedUp(last.code, canBeCut, troubleSince);
      // A pause that is too long to be waited for is HubSpot's word on every call.
      if (last.limited || last.seconds > RETRY.longestWaitSeconds) halt.defer(last.code);
      const isOpen = last.applied === "maybe" && !halt.reached;
      if (!isOpen) {
        await record(doubts);
        if (halt.reached) this.#defer(rows);
        else this.#giveUpUnapplied(rows, last.code);
        return null;
      }
      if (last.atLeast) await clock.sleep(pauseMs(last, RETRY.tries, random));
      return this.#usedUp(last.code, isServerError && SERVER_ERROR.test(last.code), { record });
    }
    const { verdict } = last;
    if (verdict.kind !== "read_back") this.#reachability.answered(action !== "read");
    if (verdict.kind === "stop" || verdict.kind === "defer") {
      if (verdict.kind === "stop") halt.stop(verdict.stop);
      else halt.defer(verdict.code);
      const code = verdict.kind === "stop" ? verdict.stop.code : verdict.code;
      const entries = rows.map((row) => this.#decide(row, { kind: "deferred", code }));
      await last.record(entries.filter((entry) => entry.outcome.kind === "deferred"));
      return null;
    }
    return last as Decisive<V>;
  }

  #usedUp(code: string, isServerError: boolean, { record }: { readonly record: Recorder }): UsedUp {
    return { kind: "used_up", code, isServerError, record };
  }

  #isRecreated(row: PushRow, outcome: Outcome): boolean {
    return outcome.kind === "acknowledged" && outcome.created === true && row.change.known && isPartial(row);
  }

  #needsReadBack(row: PushRow, outcome: Outcome): boolean {
    if (outcome.kind === "unknown") return true;
    // The record that is in the way may be the one that an earlier, ambiguous create of ours made.
    return outcome.kind === "rejected" && outcome.code === "CONFLICT" && row.doubt !== null;
  }

  /** Puts a row in doubt; from now on it is sent with all its properties (R6). */
  #doubt(row: PushRow, code: string): Entry {
    row.doubt = code;
    row.whole = true;
    return { seq: row.change.seq, outcome: { kind: "unknown", code } };
  }

  /** Decides a row, once. A request that was not applied does not end the doubt that an earlier one left. */
  #decide(row: PushRow, outcome: Outcome): Entry {
    const final: Outcome =
      outcome.kind === "deferred" && row.doubt !== null ? { kind: "unknown", code: row.doubt } : outcome;
    if (row.outcome !== null) throw new Error(`row ${row.change.seq} was decided twice`);
    row.outcome = final;
    this.#context.counts.count(final);
    return { seq: row.change.seq, outcome: final };
  }

  #defer(rows: Rows): void {
    for (const row of rows) this.#decide(row, this.#context.halt.deferral);
  }

  #giveUpUnapplied(rows: Rows, code: string): void {
    for (const row of rows) this.#decide(row, { kind: "deferred", code });
  }

  #giveUp(rows: Rows, code: string): void {
    for (const row of rows) this.#decide(row, { kind: "unknown", code: row.doubt ?? code });
  }

  #countRefusal(outcome: Extract<Outcome, { kind: "rejected" }>): void {
    const reason = `${outcome.code} ${outcome.property ?? ""}`;
    const count = (this.#refusedAlone.get(reason) ?? 0) + 1;
    this.#refusedAlone.set(reason, count);
    if (count < SYSTEMIC_AFTER || this.#context.counts.acknowledged > 0) return;
    this.#context.halt.stop({
      code: "RETL_HUBSPOT_REFUSED",
      reason: outcome.code,
      message: `${count} rows, each sent alone, were refused for the same reason and none was accepted: ${outcome.message}`,
    });
  }
}
