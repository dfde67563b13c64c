import { isPartial, type PushRow } from "./call_of_changes.ts";
import { RETRY, withRetries } from "./call_retry.ts";
import type { WriteAction } from "./hubspot_port.ts";
import type { Outcome } from "./outcome.ts";
import { type NotSent, type PushContext, type Sent, sendRead, sendWrite } from "./push_call.ts";
import { splitCall } from "./split_call.ts";
import type { Defer, ReadVerdict, StopVerdict, Verdict, Wait } from "./verdict.ts";

/** Single rows that HubSpot must refuse for one reason, with none accepted, before the reason counts as everybody's. */
const SYSTEMIC_AFTER = 8;
/** Calls that end without an answer after all their tries, one after another, before HubSpot counts as unreachable. */
const UNREACHABLE_AFTER = 3;

/** An answer refused a row without saying which: each row that it does not account for goes out alone, where a refusal is its own. */
const UNNAMED_REFUSAL = "UNNAMED_REFUSAL";

type Rows = readonly PushRow[];
type Entry = { readonly seq: number; readonly outcome: Outcome };

/** Pushes calls of rows until every row has its outcome. One for all calls of a push. */
export class RowPusher {
  readonly #context: PushContext;
  readonly #refusedAlone = new Map<string, number>();
  #unanswered = 0;
  #everAnswered = false;

  constructor(context: PushContext) {
    this.#context = context;
  }

  /** Resolves when every row is decided; throws only when the push cannot go on (journal, lease). */
  async push(action: WriteAction, rows: Rows): Promise<void> {
    // A create that the state knows without a record id has had an unknown outcome in an earlier run (R7).
    const doubtful = rows.filter((row) => action === "create" && (row.change.known || row.mayHaveBeenSent));
    const fresh = rows.filter((row) => !doubtful.includes(row));
    if (doubtful.length > 0) await this.#readBack(doubtful);
    if (fresh.length > 0) await this.#send(action, fresh, false);
  }

  /** To be called when every row is decided: a push of which no call ever got an answer has not reached HubSpot, however small it was. */
  finish(): void {
    if (this.#unanswered > 0 && !this.#everAnswered) this.#stopAsUnreachable("NO_ANSWER");
  }

  /** Says whether HubSpot refused these rows, as a call or as the single row that they are. */
  async #send(action: WriteAction, rows: Rows, isolating: boolean): Promise<boolean> {
    const sent = await this.#retrying(rows, () => sendWrite(this.#context, action, rows), action);
    if (sent === null) return false;
    const { verdict } = sent;
    if (action === "create") for (const row of rows) row.creates += 1;
    if (verdict.kind === "split") return this.#split(action, rows, sent, verdict.outcomes);
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
    if (lookUp.length > 0) await this.#readBack(lookUp);
    const only = rows.length === 1 ? rows[0]?.outcome : undefined;
    if (only?.kind !== "rejected") return false;
    if (isolating) this.#countRefusal(only);
    return true;
  }

  /** Rows that the refusal names are decided; the others go out again, in two parts when none is named. */
  async #split(
    action: WriteAction,
    rows: Rows,
    sent: Sent<Verdict>,
    told: readonly (Outcome | null)[],
  ): Promise<true> {
    const entries = rows.flatMap((row, index) => {
      const outcome = told[index];
      return outcome === null || outcome === undefined ? [] : [this.#decide(row, outcome)];
    });
    await sent.record(entries);
    const rest = rows.filter((row) => row.outcome === null);
    if (entries.length > 0) await this.#send(action, rest, true);
    else await this.#isolate(action, rest);
    return true;
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
  async #readBack(rows: Rows): Promise<void> {
    const { sync, hubspot } = this.#context;
    const idProperty = sync.idProperty;
    if (idProperty === null) return this.#giveUp(rows, "CREATE_UNKNOWN");
    const sent = await this.#retrying(rows, () => sendRead(this.#context, idProperty, rows), "read");
    if (sent === null) return;
    const absent: PushRow[] = [];
    const entries = rows.flatMap((row, index): readonly Entry[] => {
      const read = sent.verdict.kind === "settle" ? sent.verdict.rows[index] : undefined;
      if (read?.kind === "absent" && row.creates < RETRY.tries) {
        absent.push(row);
        return [];
      }
      if (read?.kind !== "found") return [this.#decide(row, { kind: "unknown", code: "NOT_READ_BACK" })];
      const problem = hubspot.unconfirmed(row.change.desired, read.properties);
      return [
        this.#decide(
          row,
          problem === null
            ? { kind: "acknowledged", hubspotId: read.hubspotId }
            : {
                kind: "rejected",
                code: "CONFLICT",
                property: idProperty,
                message: "a record with this unique value exists and holds other values",
              },
        ),
      ];
    });
    await sent.record(entries);
    if (absent.length > 0) await this.#send("create", absent, false);
  }

  /**
   * Sends until the answer is no `wait`. Null when the rows are decided: the push is over, or the tries are used up.
   */
  async #retrying<V extends Verdict | ReadVerdict>(
    rows: Rows,
    send: () => Promise<NotSent | Sent<V>>,
    action: WriteAction | "read",
  ): Promise<Sent<Exclude<V, Wait | Defer | StopVerdict>> | null> {
    const { clock, random, journal, halt } = this.#context;
    const last = await withRetries<NotSent | Sent<V>>(
      async () => {
        const sent = await send();
        if (sent.kind === "not_sent") return sent;
        const { verdict } = sent;
        if (verdict.kind !== "wait") return sent;
        const maybe = verdict.applied === "maybe" && action !== "read";
        await sent.record(maybe ? rows.map((row) => this.#doubt(row, verdict.code)) : []);
        return verdict;
      },
      { clock, random, beforePause: () => journal.flush(), isOver: () => halt.reached },
    );
    if (last.kind === "not_sent") {
      this.#defer(rows);
      return null;
    }
    if (last.kind === "wait") {
      this.#noteUnanswered(last);
      const isForAll = last.limited || last.seconds > RETRY.longestWaitSeconds;
      if (isForAll && last.applied === "no") halt.defer(last.code);
      if (halt.reached) this.#defer(rows);
      else if (last.applied === "no") this.#giveUpUnapplied(rows, last.code);
      else this.#giveUp(rows, last.code);
      return null;
    }
    this.#unanswered = 0;
    this.#everAnswered = true;
    const { verdict } = last;
    if (verdict.kind === "stop" || verdict.kind === "defer") {
      if (verdict.kind === "stop") halt.stop(verdict.stop);
      else halt.defer(verdict.code);
      const code = verdict.kind === "stop" ? verdict.stop.code : verdict.code;
      const entries = rows.map((row) => this.#decide(row, { kind: "deferred", code }));
      await last.record(entries.filter((entry) => entry.outcome.kind === "deferred"));
      return null;
    }
    return last as Sent<Exclude<V, Wait | Defer | StopVerdict>>;
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

  #noteUnanswered(last: Wait): void {
    if (last.limited || last.atLeast) return;
    this.#unanswered += 1;
    const isUnreachable = last.code === "NOT_CONNECTED" || this.#unanswered >= UNREACHABLE_AFTER;
    if (isUnreachable) this.#stopAsUnreachable(last.code);
  }

  #stopAsUnreachable(reason: string): void {
    this.#context.halt.stop({
      code: "RETL_HUBSPOT_UNREACHABLE",
      reason,
      message: "HubSpot could not be reached, or answered with server errors, in every try",
    });
  }
}
