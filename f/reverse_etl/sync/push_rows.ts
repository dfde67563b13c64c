import { isPartial, type PushRow, valuesOf, wholeOf } from "./call_of_changes.ts";
import { RETRY } from "./call_retry.ts";
import type { WriteAction } from "./hubspot_port.ts";
import { NO_RECORD, type Outcome } from "./outcome.ts";
import { type PushContext, type Sent, sendRead, sendWrite } from "./push_call.ts";
import { type Entry, PushDecisions } from "./push_decisions.ts";
import { type OpenRow, PushReads } from "./push_reads.ts";
import { PushTries, type UsedUp, usedUp } from "./push_tries.ts";
import { Reachability } from "./reachability.ts";
import { splitCall } from "./split_call.ts";
import { outcomeOfSuspect, type Suspect } from "./suspect.ts";
import { type ReadBack, SERVER_ERROR, type Verdict } from "./verdict.ts";

/** An answer refused a row without saying which: each row that it does not account for goes out alone, where a refusal is its own. */
const UNNAMED_REFUSAL = "UNNAMED_REFUSAL";

/** Doubts that smaller calls may get past: a row that HubSpot cannot digest, or a call that is too much for it. */
const NO_VERDICT = /^(HTTP_(408|5\d\d)|TIMEOUT|CONNECTION_LOST)$/;

type Rows = readonly PushRow[];
type Values = Readonly<Record<string, string>>;

interface Sending {
  /** HubSpot refused the rows, as a call or as the single row that they are. */
  readonly refused: boolean;
  /** Two rows or more that are still undecided: the tries of their call are used up, smaller calls may do. */
  readonly unanswered: Rows;
}

/** What is still to be done about rows of a call that was answered. */
interface Afterwards {
  /** Sent again as they are. */
  readonly again: PushRow[];
  /** Creates that may have been applied. */
  readonly lookUp: PushRow[];
  /** Sent again one by one. */
  readonly alone: PushRow[];
  /** Looked up by their unique property, because their record is not where it was; with what they are rejected for otherwise. */
  readonly relocate: Map<PushRow, Outcome>;
  /** Read back by their record id. */
  readonly open: OpenRow[];
}

/** An answer that says something of every row. */
type Told = Extract<Verdict, { kind: "settle" | "read_back" }>;

const DONE: Sending = { refused: false, unanswered: [] };

/** Pushes calls of rows until every row has its outcome. One for all calls of a push. */
export class RowPusher {
  readonly #context: PushContext;
  readonly #decisions: PushDecisions;
  readonly #reachability: Reachability;
  readonly #tries: PushTries;
  readonly #reads: PushReads;
  readonly #suspects: Suspect[] = [];

  constructor(context: PushContext) {
    this.#context = context;
    this.#decisions = new PushDecisions(context);
    this.#reachability = new Reachability({ ...context, patienceMs: context.sync.patienceMs });
    this.#tries = new PushTries(context, this.#decisions, this.#reachability);
    this.#reads = new PushReads(context, this.#decisions, this.#tries);
  }

  /** Resolves when every row is decided or suspect; throws only when the push cannot go on (journal, lease). */
  async push(action: WriteAction, rows: Rows): Promise<void> {
    let ready = rows;
    if (action === "create") {
      // A create that the state knows without a record id has had an unknown outcome in an earlier run (R7).
      const doubtful = rows.filter((row) => row.change.known || row.mayHaveBeenSent);
      ready = rows.filter((row) => !doubtful.includes(row));
      if (doubtful.length > 0) {
        const { unanswered } = await this.#readBack(doubtful, null);
        await this.#shrink("create", unanswered);
      }
    }
    // What is archived is looked at first: its id may have become another record's in a merge.
    const lost = rows.filter((row) => action === "archive" || (action === "update" && row.recordId === null));
    if (lost.length > 0) {
      const located = await this.#reads.locate(lost, (row) => absentOutcome(row, NO_RECORD));
      ready = rows.filter((row) => !lost.includes(row) || located.includes(row));
    }
    if (ready.length > 0) await this.#send(action, ready, false);
  }

  /** To be called when nothing is in flight any more: decides the rows that are still suspect. */
  async finish(): Promise<void> {
    await this.#tryAgain(this.#suspects.splice(0));
    this.#reachability.finish();
    for (const suspect of this.#suspects.splice(0)) {
      const outcome = outcomeOfSuspect(suspect, this.#reachability, this.#context);
      await suspect.record([this.#decisions.decide(suspect.row, outcome)]);
    }
  }

  /** Rows that nothing tells from a HubSpot in trouble are tried once more, when it is out of it or for as long as there is patience. */
  async #tryAgain(suspects: readonly Suspect[]): Promise<void> {
    const { acknowledged, rejected } = this.#context.counts;
    for (const suspect of suspects) {
      if (!this.#reachability.mayBeWaitedFor(suspect, acknowledged + rejected > 0)) {
        this.#suspects.push(suspect);
        continue;
      }
      const { row, action, code } = suspect;
      await suspect.record([this.#decisions.doubt(row, code)]);
      row.creates = 0;
      await this.#sendCall(action, [row], false, null);
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
    const sent = await this.#tries.send(
      rows,
      () => sendWrite(this.#context, action, rows),
      action,
      troubleSince,
    );
    if (sent === null) return DONE;
    if (sent.kind === "used_up") return this.#unanswered(action, rows, sent, troubleSince);
    const { verdict } = sent;
    if (verdict.kind === "split") {
      await this.#split(action, rows, sent, verdict.outcomes);
      return { refused: true, unanswered: [] };
    }
    if (action === "create") for (const row of rows) row.creates += 1;
    const after: Afterwards = { again: [], lookUp: [], alone: [], relocate: new Map(), open: [] };
    const entries = rows.flatMap((row, index) => this.#told(action, rows, row, index, verdict, after));
    await sent.record(entries);
    for (const row of after.alone) await this.#send(action, [row], true);
    if (after.open.length > 0) {
      await this.#reads.confirm(after.open, ({ row, sent: values }, outcome) =>
        this.#written(action, row, values, outcome, after),
      );
    }
    this.#reachability.spokeOfRows(!rows.every((row) => isUnspokenOf(action, row)));
    if (after.again.length > 0) await this.#send(action, after.again, isolating);
    if (after.relocate.size > 0) await this.#relocate(after.relocate);
    const { unanswered } = after.lookUp.length > 0 ? await this.#readBack(after.lookUp, troubleSince) : DONE;
    const only = rows.length === 1 ? rows[0]?.outcome : undefined;
    if (only?.kind !== "rejected") return { refused: false, unanswered };
    if (isolating) this.#decisions.refusedAlone(only);
    return { refused: true, unanswered };
  }

  /** Decides one row of an answered call, or says what is still to be done about it; its entries for the journal. */
  #told(
    action: WriteAction,
    rows: Rows,
    row: PushRow,
    index: number,
    verdict: Told,
    after: Afterwards,
  ): readonly Entry[] {
    const outcome = outcomeIn(verdict, index);
    if (action === "create" && this.#needsReadBack(row, outcome)) {
      after.lookUp.push(row);
      row.conflict = outcome.kind === "rejected" ? outcome : null;
      return [this.#decisions.doubt(row, outcome.kind === "unknown" ? outcome.code : "CONFLICT")];
    }
    if (outcome.kind === "unknown" && outcome.code === UNNAMED_REFUSAL && rows.length > 1) {
      after.alone.push(row);
      return [this.#decisions.doubt(row, outcome.code)];
    }
    const named = verdict.kind === "settle" ? verdict.unread?.get(index) : undefined;
    const isLeftOut = action === "update" && isNotAccountedFor(outcome);
    // What a try before was made of does not matter: a row in doubt is whole from then on.
    const sent = valuesOf(this.#context.sync, action, row);
    if (named === undefined && !isLeftOut) return this.#written(action, row, sent, outcome, after);
    const code = named === undefined ? "NOT_ACCOUNTED_FOR" : "VALUE_NOT_ECHOED";
    if (named !== undefined) row.recordId = named.hubspotId;
    after.open.push({ row, code, sent, created: named?.created ?? null });
    return [this.#decisions.doubt(row, code)];
  }

  /** Decides a row of which it is known what became of it, unless its record was made anew or is somewhere else. */
  #written(
    action: WriteAction,
    row: PushRow,
    sent: Values,
    outcome: Outcome,
    after: Afterwards,
  ): readonly Entry[] {
    if (action === "upsert" && this.#isRecreated(row, outcome, sent)) {
      after.again.push(row);
      row.recreated = true;
      return [this.#decisions.doubt(row, "RECORD_RECREATED")];
    }
    const hasKey = this.#context.sync.idProperty !== null && !row.relocated;
    const isGone = action === "update" && outcome.kind === "rejected" && outcome.code === NO_RECORD.code;
    if (isGone && row.change.removed === true)
      return [this.#decisions.decide(row, absentOutcome(row, outcome))];
    if (!hasKey || !(isGone || isMergedAway(outcome))) return [this.#decisions.decide(row, outcome)];
    after.relocate.set(row, outcome);
    return [];
  }

  /** A record that is not where it was may have been merged or made anew: its unique property finds it, once. */
  async #relocate(lost: ReadonlyMap<PushRow, Outcome>): Promise<void> {
    const rows = [...lost.keys()];
    for (const row of rows) {
      row.relocated = true;
      row.recordId = null;
      row.whole = true;
    }
    const located = await this.#reads.locate(rows, (row) => lost.get(row) ?? NO_RECORD);
    if (located.length > 0) await this.#send("update", located, false);
  }

  /** A call that used up its tries: several rows go on in smaller calls, a single one ends here. */
  async #unanswered(
    action: WriteAction,
    rows: Rows,
    last: UsedUp,
    troubleSince: number | null,
  ): Promise<Sending> {
    const { code, record, isServerError } = last;
    const entries = rows.map((row) => this.#decisions.doubt(row, code));
    const [only] = rows;
    if (rows.length > 1 || only === undefined) {
      await record(entries);
      return { refused: false, unanswered: rows };
    }
    const { moment, writesAnswered } = this.#reachability;
    const trouble = { code, troubleSince: troubleSince ?? writesAnswered, ...moment };
    this.#suspects.push({ row: only, action, isServerError, record, ...trouble });
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
      return outcome === null || outcome === undefined ? [] : [this.#decisions.decide(row, outcome)];
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
    const { idProperty } = this.#context.sync;
    if (idProperty === null) {
      this.#decisions.giveUp(rows, "CREATE_UNKNOWN");
      return DONE;
    }
    const properties = [idProperty, ...rows.flatMap((row) => Object.keys(row.change.desired))];
    const asked = { idProperty, ids: rows.map((row) => row.change.id), properties };
    const sent = await this.#tries.send(rows, () => sendRead(this.#context, rows, asked), "read", null);
    if (sent === null) return DONE;
    if (sent.kind === "used_up") {
      await sent.record([]);
      this.#decisions.giveUp(rows, sent.code);
      return DONE;
    }
    const reads = sent.verdict.rows;
    const absent = rows.filter((row, index) => reads[index]?.kind === "absent" && row.conflict === null);
    const again = absent.filter((row) => row.creates < RETRY.tries);
    const over = absent.filter((row) => row.creates >= RETRY.tries && NO_VERDICT.test(row.doubt ?? ""));
    const entries = rows.flatMap((row, index): readonly Entry[] =>
      again.includes(row) || over.includes(row)
        ? []
        : [this.#decisions.decide(row, this.#outcomeOfRead(row, reads[index], idProperty))],
    );
    const code = over[0]?.doubt ?? "NOT_READ_BACK";
    if (over.length > 0)
      this.#reachability.usedUp(code, { isWrite: true, canBeCut: rows.length > 1, troubleSince });
    const isAlone = rows.length === 1 && over.length === 1;
    if (isAlone && !this.#reachability.isDown) {
      // A single row's last request is recorded with what becomes of the row.
      return this.#unanswered("create", rows, usedUp(code, SERVER_ERROR.test(code), sent), troubleSince);
    }
    await sent.record(entries);
    const alone = again.filter(({ doubt }) => doubt === UNNAMED_REFUSAL);
    // While HubSpot is down, a single row goes on until it is up again.
    const together = isAlone ? over : again.filter((row) => !alone.includes(row));
    const { unanswered } =
      together.length > 0 ? await this.#sendCall("create", together, false, troubleSince) : DONE;
    for (const row of alone) await this.#send("create", [row], true);
    return { refused: false, unanswered: isAlone ? unanswered : [...over, ...unanswered] };
  }

  #outcomeOfRead(row: PushRow, read: ReadBack | undefined, idProperty: string): Outcome {
    // The record in the way has another of its unique values, so it is not one that we made.
    if (read?.kind === "absent" && row.conflict !== null) return row.conflict;
    if (read?.kind !== "found") return { kind: "unknown", code: "NOT_READ_BACK" };
    const problem = this.#context.hubspot.unconfirmed(wholeOf(row.change), read.properties);
    if (problem === null) return { kind: "acknowledged", hubspotId: read.hubspotId };
    return {
      kind: "rejected",
      code: "CONFLICT",
      property: idProperty,
      message: `a record with this unique value exists and holds other values; its record id is ${read.hubspotId}`,
    };
  }

  #isRecreated({ change }: PushRow, outcome: Outcome, sent: Values): boolean {
    const isNew = outcome.kind === "acknowledged" && outcome.created === true && change.known;
    return isNew && isPartial(change, sent);
  }

  #needsReadBack(row: PushRow, outcome: Outcome): boolean {
    if (outcome.kind === "unknown") return true;
    // The record that is in the way may be the one that an earlier, ambiguous create of ours made.
    return outcome.kind === "rejected" && outcome.code === "CONFLICT" && row.doubt !== null;
  }
}

function outcomeIn(verdict: Told, index: number): Outcome {
  if (verdict.kind === "read_back") return { kind: "unknown", code: verdict.code };
  return verdict.outcomes[index] ?? { kind: "unknown", code: "NOT_ACCOUNTED_FOR" };
}

function isNotAccountedFor(outcome: Outcome | null): boolean {
  return outcome?.kind === "unknown" && outcome.code === "NOT_ACCOUNTED_FOR";
}

/** A create without an answer of its own is not decided before it is read back. */
function isUnspokenOf(action: WriteAction, { outcome, doubt }: PushRow): boolean {
  return outcome === null ? action === "create" && doubt === "NOT_ACCOUNTED_FOR" : isNotAccountedFor(outcome);
}

function isMergedAway(outcome: Outcome): boolean {
  return outcome.kind === "rejected" && outcome.code === "MERGED_AWAY";
}

/** A removed row whose record is not there needs nothing more. */
function absentOutcome(row: PushRow, otherwise: Outcome): Outcome {
  return row.change.removed === true || row.change.operation === "archive"
    ? { kind: "acknowledged", hubspotId: null }
    : otherwise;
}
