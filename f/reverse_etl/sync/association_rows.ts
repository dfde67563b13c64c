import { quoteLiteral } from "../warehouse/identifier.ts";
import type { Row, Warehouse } from "../warehouse/warehouse.ts";
import type { Relation } from "./association_scope.ts";
import { GroupedWrites } from "./grouped_writes.ts";
import { type Lease, proveLease } from "./lease.ts";
import type { Outcome } from "./outcome.ts";
import { readAhead } from "./read_ahead.ts";
import type { Scope, StatementName } from "./statement.ts";
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

type Decision = DecidedAssociation & { readonly operation: "create" | "remove" };

type PairEntry = { readonly [field in keyof typeof PAIR_FIELDS]?: string | null };

const PAIR_FIELDS = {
  association_id: "text",
  category: "text",
  type_id: "text",
  in_doubt: "text",
  code: "text",
  message: "text",
} as const;

/** Read at once, and one page more ahead: some megabytes. */
const PAGE_ROWS = 20_000;

/** Written at once; with messages of HubSpot's some megabytes, of the 16 that a bound value may have (Snowflake's data types, read 2026-11). */
const MOST_WRITTEN = 10_000;

/** The rows of `<sync_table>_associations` that a run works through. What calls in flight have to write is written together. */
export class AssociationRows {
  readonly #session: SyncSession;
  readonly #lease: Lease;
  readonly #leaving: GroupedWrites<PairEntry>;
  readonly #decisions: GroupedWrites<Decision>;

  constructor(warehouse: Warehouse, session: SyncSession, lease: Lease) {
    this.#session = session;
    this.#lease = lease;
    this.#leaving = new GroupedWrites(MOST_WRITTEN, async (entries) => {
      await session.execute("association_sending", [JSON.stringify(entries)], this.#scope());
    });
    this.#decisions = new GroupedWrites(MOST_WRITTEN, (decisions) =>
      warehouse.transaction((transaction) => this.#write(session.within(transaction), decisions)),
    );
  }

  /** What the run owes, `rows` at a time, so that memory does not grow with their number. */
  async *pages(
    operation: "create" | "remove",
    relation: Relation,
    rows: number,
  ): AsyncGenerator<readonly OwedAssociation[]> {
    for await (const page of readAhead(this.#read(operation, relation))) {
      for (let start = 0; start < page.length; start += rows) yield page.slice(start, start + rows);
    }
  }

  async *#read(
    operation: "create" | "remove",
    { target, label }: Relation,
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
          page_rows: `${PAGE_ROWS}`,
        },
      );
      if (found.length > 0) yield found.map(owed);
      if (found.length < PAGE_ROWS) return;
      last = cell(found.at(-1), "seq");
    }
  }

  /** To be called before the request leaves: from then on HubSpot may hold the associations, or have lost them. */
  async sending(
    rows: readonly OwedAssociation[],
    type: { readonly category: string; readonly typeId: string } | null,
  ): Promise<void> {
    const [category, type_id] = [type?.category ?? null, type?.typeId ?? null];
    this.#leaving.add(rows.map(({ id }) => ({ association_id: id, category, type_id })));
    await this.#leaving.flush();
  }

  /**
   * Writes down what HubSpot said, in one transaction that first proves the lease (R4). What it said nothing of stays owed. After a write that
   * failed none is tried: what HubSpot said of the calls in flight is in doubt, as after a crash.
   */
  async decided(operation: "create" | "remove", decisions: readonly DecidedAssociation[]): Promise<void> {
    const final = decisions.filter(({ outcome: { kind } }) => kind === "acknowledged" || kind === "rejected");
    if (final.length === 0) return;
    this.#decisions.add(final.map((decision) => ({ ...decision, operation })));
    await this.#decisions.flush();
  }

  async #write(session: SyncSession, decisions: readonly Decision[]): Promise<void> {
    const acknowledged = (operation: Decision["operation"]) =>
      decisions.flatMap((decision) =>
        decision.operation === operation && decision.outcome.kind === "acknowledged"
          ? [{ association_id: decision.row.id }]
          : [],
      );
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
    await proveLease(session, this.#lease);
    const write = async (statement: StatementName, entries: readonly PairEntry[]) => {
      if (entries.length > 0) await session.execute(statement, [JSON.stringify(entries)], this.#scope());
    };
    await write("association_acknowledged", acknowledged("create"));
    await write("association_removed", acknowledged("remove"));
    await write("association_rejected", rejected);
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

function owed(row: Row): OwedAssociation {
  return {
    seq: cell(row, "seq"),
    id: cell(row, "association_id"),
    from: cell(row, "from_hubspot_id"),
    to: cell(row, "to_hubspot_id"),
    type:
      row.type_id == null || row.category == null ? null : { category: row.category, typeId: row.type_id },
    inDoubt: cell(row, "in_doubt") === "true",
    isShared: row.is_shared === "true",
    isSaidBack: row.is_said_back === "true",
  };
}
