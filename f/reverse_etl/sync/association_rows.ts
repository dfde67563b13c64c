import { quoteLiteral } from "../warehouse/identifier.ts";
import type { Warehouse } from "../warehouse/warehouse.ts";
import type { Relation } from "./association_scope.ts";
import { type Lease, proveLease } from "./lease.ts";
import type { Outcome } from "./outcome.ts";
import type { Scope } from "./statement.ts";
import { cell, type SyncSession } from "./sync_session.ts";

/** One association that this run owes to HubSpot. */
export interface OwedAssociation {
  readonly seq: string;
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Its type when it was sent; null when it never was. */
  readonly type: { readonly category: string; readonly typeId: string } | null;
  /** Whether HubSpot may hold it because of an earlier request. */
  readonly inDoubt: boolean;
  /** Whether another association of ours between the two records is to stay; only looked up for removals. */
  readonly isShared: boolean;
  /** Whether the other record's row says the same association, from its side; only looked up for removals. */
  readonly isSaidBack: boolean;
}

/** What became of one association of a request. */
export interface DecidedAssociation {
  readonly row: OwedAssociation;
  readonly outcome: Outcome;
  /** Whether HubSpot may hold it although it said no. */
  readonly maybeApplied: boolean;
}

const PAIR_FIELDS = {
  association_id: "text",
  category: "text",
  type_id: "text",
  in_doubt: "text",
  code: "text",
  message: "text",
} as const;

/** The rows of `<sync_table>_associations` that a run works through. */
export class AssociationRows {
  readonly #warehouse: Warehouse;
  readonly #session: SyncSession;
  readonly #lease: Lease;

  constructor(warehouse: Warehouse, session: SyncSession, lease: Lease) {
    this.#warehouse = warehouse;
    this.#session = session;
    this.#lease = lease;
  }

  /** What the run owes, page by page, so that memory does not grow with their number. */
  async *pages(
    operation: "create" | "remove",
    { target, label }: Relation,
    rows: number,
  ): AsyncGenerator<readonly OwedAssociation[]> {
    let last = "0";
    for (;;) {
      const found = await this.#session.query(
        "association_page",
        [this.#lease.runId, operation, target.key, label, last],
        {
          sharing: operation === "remove",
          to_object_type: quoteLiteral(target.object_type),
          same_type: target.object_type === this.#session.sync.config.object_type,
          page_rows: `${rows}`,
        },
      );
      if (found.length > 0) {
        yield found.map((row) => ({
          seq: cell(row, "seq"),
          id: cell(row, "association_id"),
          from: cell(row, "from_hubspot_id"),
          to: cell(row, "to_hubspot_id"),
          type:
            row.type_id == null || row.category == null
              ? null
              : { category: row.category, typeId: row.type_id },
          inDoubt: cell(row, "in_doubt") === "true",
          isShared: row.is_shared === "true",
          isSaidBack: row.is_said_back === "true",
        }));
      }
      if (found.length < rows) return;
      last = cell(found.at(-1), "seq");
    }
  }

  /** To be called before the request leaves: from then on HubSpot may hold the associations, or have lost them. */
  async sending(
    rows: readonly OwedAssociation[],
    type: { readonly category: string; readonly typeId: string } | null,
  ): Promise<void> {
    const entries = rows.map(({ id }) => ({
      association_id: id,
      category: type?.category ?? null,
      type_id: type?.typeId ?? null,
    }));
    await this.#session.execute("association_sending", [JSON.stringify(entries)], this.#scope());
  }

  /** Writes down what HubSpot said, in one transaction that first proves the lease (R4). What it said nothing of stays owed. */
  async decided(operation: "create" | "remove", decisions: readonly DecidedAssociation[]): Promise<void> {
    const acknowledged = decisions.filter(({ outcome }) => outcome.kind === "acknowledged");
    const rejected = decisions.flatMap(({ row, outcome, maybeApplied }) =>
      outcome.kind === "rejected"
        ? [
            {
              association_id: row.id,
              in_doubt: `${maybeApplied || row.inDoubt}`,
              code: outcome.code,
              message: outcome.message,
            },
          ]
        : [],
    );
    if (acknowledged.length + rejected.length === 0) return;
    const scope = this.#scope();
    await this.#warehouse.transaction(async (transaction) => {
      const within = this.#session.within(transaction);
      await proveLease(within, this.#lease);
      if (acknowledged.length > 0) {
        const entries = JSON.stringify(acknowledged.map(({ row }) => ({ association_id: row.id })));
        await within.execute(
          operation === "create" ? "association_acknowledged" : "association_removed",
          [entries],
          scope,
        );
      }
      if (rejected.length > 0)
        await within.execute("association_rejected", [JSON.stringify(rejected)], scope);
    });
  }

  #scope(): Scope {
    const { dialect, sync, tables } = this.#session;
    const unfolded = dialect.unfold(dialect.jsonFrom("?"), PAIR_FIELDS, "pair_row");
    const { first_retry_hours, max_retry_hours } = sync.config.rejections;
    const [first, longest] = [first_retry_hours, max_retry_hours].map((hours) => hours * 3_600_000);
    const delay = `least(${longest}, ${first} * power(2, least(${tables.associations}.attempts, 30)))`;
    return {
      pairs: unfolded.from,
      pair: { ...unfolded.field },
      next_try_at: dialect.addMilliseconds(dialect.now, delay),
    };
  }
}
