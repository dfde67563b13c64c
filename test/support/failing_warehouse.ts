import { RetlError } from "../../f/reverse_etl/sync/error.ts";
import { registerWarehouse } from "../../f/reverse_etl/warehouse/open_warehouse.ts";
import type { Bind, Row, Warehouse, WarehouseSession } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { openDuckdb } from "../../local/duckdb_warehouse/duckdb_warehouse.ts";

/**
 * - `dies`: before the statement runs, and every later one, too, as for a process that is killed or a warehouse that goes away for good.
 *   Every statement counts, and every commit.
 * - `loses the answer`: what was written stays and the warehouse reports that it is not available, once. Only what leaves something
 *   counts: transactions and the writing statements outside of them.
 * - `refuses`: the same, once, but nothing was written.
 */
export type StatementFault = "dies" | "loses the answer" | "refuses";

/** A kind of warehouse of its own that fails at its `at`-th statement, counted over all sessions. */
export class FailingWarehouse {
  readonly resource: { readonly kind: string; readonly path: string };
  readonly #fault: StatementFault;
  readonly #at: number;
  statements = 0;

  constructor(path: string, fault: StatementFault, at: number) {
    this.resource = { kind: `failing_${fault.replaceAll(" ", "_")}_${at}_${path}`, path };
    this.#fault = fault;
    this.#at = at;
    registerWarehouse(this.resource.kind, async () => this.#wrapped(await openDuckdb(path)));
  }

  /** False when the run had fewer statements. */
  get hasActed(): boolean {
    return this.statements >= this.#at;
  }

  async #run<T>(statement: () => Promise<T>): Promise<T> {
    this.statements += 1;
    const number = this.statements;
    if (this.#fault === "dies") {
      if (number >= this.#at) throw new Error(`the process died at statement ${this.#at}`);
      return statement();
    }
    if (number !== this.#at) return statement();
    const isExecuted = this.#fault === "loses the answer";
    if (isExecuted) await statement();
    throw new RetlError("RETL_WAREHOUSE_UNAVAILABLE", {
      what: `Statement ${number} got no answer.`,
      state: isExecuted ? "It was executed." : "It was not executed.",
      next: "Run again.",
    });
  }

  #dying(inner: WarehouseSession): WarehouseSession {
    return {
      dialect: inner.dialect,
      query: (sql, binds) => this.#run(() => inner.query(sql, binds)),
      execute: (sql, binds) => this.#run(() => inner.execute(sql, binds)),
      stream: (sql, binds) => this.#stream(inner, sql, binds),
    };
  }

  async *#stream(inner: WarehouseSession, sql: string, binds: readonly Bind[] = []): AsyncGenerator<Row> {
    await this.#run(async () => undefined);
    yield* inner.stream(sql, binds);
  }

  #wrapped(inner: Warehouse): Warehouse {
    const close = () => inner.close();
    if (this.#fault === "dies") {
      return {
        ...this.#dying(inner),
        transaction: (work) =>
          inner.transaction(async (session) => {
            const result = await work(this.#dying(session));
            await this.#run(async () => undefined);
            return result;
          }),
        close,
      };
    }
    return {
      dialect: inner.dialect,
      query: (sql, binds) => inner.query(sql, binds),
      stream: (sql, binds) => inner.stream(sql, binds),
      execute: (sql, binds) => this.#run(() => inner.execute(sql, binds)),
      transaction: (work) => this.#run(() => inner.transaction(work)),
      close,
    };
  }
}
