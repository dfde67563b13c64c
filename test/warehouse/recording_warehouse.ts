import { registerWarehouse } from "../../f/reverse_etl/warehouse/open_warehouse.ts";
import type { Warehouse, WarehouseSession } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { openDuckdb } from "../../local/duckdb_warehouse/duckdb_warehouse.ts";

/** A kind of warehouse of its own that remembers every statement that any of its sessions was asked for. */
export class RecordingWarehouse {
  readonly resource: { readonly kind: string; readonly path: string };
  readonly #statements: Set<string>;

  constructor(path: string, statements: Set<string>) {
    this.resource = { kind: `recording_${path}`, path };
    this.#statements = statements;
    registerWarehouse(this.resource.kind, async () => this.#recorded(await openDuckdb(path)));
  }

  #session(inner: WarehouseSession): WarehouseSession {
    const keep = (sql: string) => this.#statements.add(sql);
    return {
      dialect: inner.dialect,
      query(sql, binds) {
        keep(sql);
        return inner.query(sql, binds);
      },
      execute(sql, binds) {
        keep(sql);
        return inner.execute(sql, binds);
      },
      stream(sql, binds) {
        keep(sql);
        return inner.stream(sql, binds);
      },
    };
  }

  #recorded(inner: Warehouse): Warehouse {
    return {
      ...this.#session(inner),
      transaction: (work) => inner.transaction((session) => work(this.#session(session))),
      close: () => inner.close(),
    };
  }
}
