import { type AssociationContext, ask } from "./association_context.ts";
import type { AssociationCall } from "./association_port.ts";
import type { AssociationRows, DecidedAssociation, OwedAssociation } from "./association_rows.ts";
import type { Outcome } from "./outcome.ts";
import { SYSTEMIC_AFTER } from "./push_halt.ts";
import type { FailedRow } from "./reachability.ts";
import { splitCall } from "./split_call.ts";
import { SERVER_ERROR } from "./verdict.ts";

type Rows = readonly OwedAssociation[];
type CallOf = (pairs: Rows) => AssociationCall;

/** An association that, sent alone, HubSpot answered with a server error in every try. */
interface Suspect extends FailedRow {
  readonly row: OwedAssociation;
  readonly operation: "create" | "remove";
}

/** Sends associations until each is decided or left for the next run. One for all calls of a run. */
export class AssociationSender {
  readonly #context: AssociationContext;
  readonly #rows: AssociationRows;
  readonly #refusedAlone = new Map<string, number>();
  readonly #suspects: Suspect[] = [];

  constructor(context: AssociationContext, rows: AssociationRows) {
    this.#context = context;
    this.#rows = rows;
  }

  /** Throws only when the lease is lost or the warehouse cannot be written. */
  async send(rows: Rows, callOf: CallOf): Promise<void> {
    const failed = await this.#sendCall(rows, callOf, null);
    await this.#shrink(failed, callOf, this.#context.reachability.writesAnswered);
  }

  /** To be called when nothing is in flight any more: an association that alone makes HubSpot fail, where others go through, is refused. */
  async finish(): Promise<void> {
    const { reachability, halt, tally } = this.#context;
    reachability.finish();
    for (const suspect of this.#suspects.splice(0)) {
      const { row, operation, code } = suspect;
      const isOpen = reachability.writesAnswered <= (halt.reached ? suspect.troubleSince : 0);
      if (isOpen || reachability.wasInTrouble(suspect)) {
        tally.count({ kind: "unknown", code });
        continue;
      }
      const message =
        "HubSpot answered every try of this association, sent alone, with a server error, and took others";
      const outcome = { kind: "rejected" as const, code, property: null, message };
      await this.decide(operation, [{ row, outcome, maybeApplied: true }]);
    }
  }

  /** Both parts go out before one is cut further, because a healthy one shows that HubSpot can be reached. */
  async #shrink(rows: Rows, callOf: CallOf, troubleSince: number): Promise<void> {
    if (rows.length === 0) return;
    const failed: Rows[] = [];
    for (const part of splitCall(rows)) failed.push(await this.#sendCall(part, callOf, troubleSince));
    for (const part of failed) await this.#shrink(part, callOf, troubleSince);
  }

  /** Answers the rows, two or more, that are to be sent in smaller calls because of a server error. */
  async #sendCall(rows: Rows, callOf: CallOf, troubleSince: number | null): Promise<Rows> {
    const { hubspot, tally, halt, reachability } = this.#context;
    const call = callOf(rows);
    const operation = call.action === "create" ? "create" : "remove";
    const write = { canBeCut: rows.length > 1, troubleSince };
    const asked = await ask(this.#context, write, async () => {
      const answer = await hubspot.write(call);
      return { answer, verdict: hubspot.judge(call, answer) };
    });
    const { maybeApplied } = asked;
    // What an earlier try may have done stays true of the pairs that are sent again.
    const mayExist = (row: OwedAssociation) => ({ ...row, inDoubt: row.inDoubt || maybeApplied });
    if (asked.kind === "unanswered") {
      const { code } = asked;
      const [only] = rows;
      if (SERVER_ERROR.test(code) && !halt.reached && only !== undefined) {
        if (rows.length > 1) return rows.map(mayExist);
        const trouble = { code, troubleSince: troubleSince ?? reachability.writesAnswered };
        this.#suspects.push({ row: only, operation, ...trouble, ...reachability.moment });
      } else {
        tally.count({ kind: maybeApplied ? "unknown" : "deferred", code }, rows.length);
      }
      return [];
    }
    reachability.spokeOfRows(!asked.verdict.outcomes.every(isUnspoken));
    const undecided: OwedAssociation[] = [];
    const decisions = rows.flatMap((row, index): DecidedAssociation[] => {
      const outcome = asked.verdict.outcomes[index] ?? null;
      if (outcome !== null) return [{ row, outcome, maybeApplied }];
      undecided.push(mayExist(row));
      return [];
    });
    await this.decide(operation, decisions);
    const [only] = decisions;
    if (rows.length === 1 && only?.outcome.kind === "rejected") this.#countRefusal(only.outcome);
    if (undecided.length === 0) return [];
    const parts = decisions.length > 0 || undecided.length === 1 ? [undecided] : splitCall(undecided);
    for (const part of parts) await this.send(part, callOf);
    return [];
  }

  async decide(operation: "create" | "remove", decisions: readonly DecidedAssociation[]): Promise<void> {
    await this.#rows.decided(operation, decisions);
    const { tally } = this.#context;
    for (const { outcome } of decisions) {
      if (outcome.kind !== "acknowledged") tally.count(outcome);
      else if (operation === "create") tally.created += 1;
      else tally.removed += 1;
    }
  }

  /** One reason that meets every association is no association's own: nothing more is sent, instead of asking one by one. */
  #countRefusal({ code, message }: Extract<Outcome, { readonly kind: "rejected" }>): void {
    const refused = (this.#refusedAlone.get(code) ?? 0) + 1;
    this.#refusedAlone.set(code, refused);
    const { halt, tally } = this.#context;
    if (refused < SYSTEMIC_AFTER || tally.created + tally.removed > 0) return;
    halt.stop({ code: "RETL_HUBSPOT_REFUSED", reason: code, message });
  }
}

function isUnspoken(outcome: Outcome | null): boolean {
  return outcome?.kind === "unknown" && outcome.code === "NOT_ACCOUNTED_FOR";
}
