import type { DuckDBConnection } from "@duckdb/node-api";
import { RetlError } from "../../f/reverse_etl/sync/error.ts";
import { type Dialect, duckdbDialect } from "../../f/reverse_etl/warehouse/dialect.ts";
import { registerWarehouse } from "../../f/reverse_etl/warehouse/open_warehouse.ts";
import { retryConflicts } from "../../f/reverse_etl/warehouse/retry_conflicts.ts";
import { SessionQueue } from "../../f/reverse_etl/warehouse/session_queue.ts";
import type { Bind, Row, Warehouse, WarehouseSession } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { useDatabaseFile } from "./database_file.ts";
import { duckdbError } from "./duckdb_error.ts";

/** Opens one session of a DuckDB file; throws `RETL_WAREHOUSE_LOCKED` when another process has it. */
export async function openDuckdb(path: string, dialect: Dialect = duckdbDialect): Promise<Warehouse> {
  const file = await useDatabaseFile(path);
  const connection = await file.instance.connect();
  // A connection takes one statement at a time; what runs inside a transaction has the connection to itself.
  const queue = new SessionQueue();
  const raw = sessionOf(connection, dialect);

  return {
    dialect,
    query: (sql, binds) => queue.run(() => retryConflicts(() => raw.query(sql, binds))),
    execute: (sql, binds) => queue.run(() => retryConflicts(() => raw.execute(sql, binds))),
    stream: (sql, binds) => queue.stream(() => raw.stream(sql, binds)),
    transaction: (work) => queue.run(() => retryConflicts(() => transaction(connection, inTurn(raw), work))),
    // Not while a statement runs: the engine ends the whole process then.
    close: () =>
      queue.close(async () => {
        connection.closeSync();
        file.release();
      }),
  };
}

/** The same session, one statement after another. */
function inTurn(raw: WarehouseSession): WarehouseSession {
  const queue = new SessionQueue();
  return {
    dialect: raw.dialect,
    query: (sql, binds) => queue.run(() => raw.query(sql, binds)),
    execute: (sql, binds) => queue.run(() => raw.execute(sql, binds)),
    stream: (sql, binds) => queue.stream(() => raw.stream(sql, binds)),
  };
}

async function transaction<T>(
  connection: DuckDBConnection,
  session: WarehouseSession,
  work: (session: WarehouseSession) => Promise<T>,
): Promise<T> {
  await connection.run("begin");
  let result: T;
  try {
    result = await work(session);
  } catch (error) {
    await connection.run("rollback");
    throw error;
  }
  try {
    await connection.run("commit");
  } catch (error) {
    throw duckdbError(error);
  }
  return result;
}

function sessionOf(connection: DuckDBConnection, dialect: Dialect): WarehouseSession {
  return {
    dialect,
    async query(sql, binds = []) {
      try {
        const reader = await connection.runAndReadAll(sql, [...binds] as (string | null)[]);
        const names = reader.columnNames();
        return reader.getRowsJson().map((cells) => rowOf(names, cells));
      } catch (error) {
        throw duckdbError(error);
      }
    },
    async execute(sql, binds: readonly Bind[] = []) {
      try {
        return (await connection.run(sql, [...binds] as (string | null)[])).rowsChanged;
      } catch (error) {
        throw duckdbError(error);
      }
    },
    async *stream(sql, binds = []) {
      try {
        // DuckDB hands out some thousand rows at a time and computes the next when they are asked for.
        const result = await connection.stream(sql, [...binds] as (string | null)[]);
        const names = result.columnNames();
        for await (const rows of result.yieldRowsJson()) {
          for (const cells of rows) yield rowOf(names, cells);
        }
      } catch (error) {
        throw duckdbError(error);
      }
    },
  };
}

function rowOf(names: readonly string[], cells: readonly unknown[]): Row {
  return Object.fromEntries(
    names.map((name, index) => {
      const value = cells[index];
      return [name.toLowerCase(), value === null || value === undefined ? null : String(value)];
    }),
  );
}

/** Makes `{ kind: "duckdb", path }` a warehouse that every step can open. */
export function registerDuckdb(dialect: Dialect = duckdbDialect): void {
  registerWarehouse("duckdb", (resource) => {
    if (typeof resource.path === "string" && resource.path !== "") return openDuckdb(resource.path, dialect);
    throw new RetlError("RETL_CONFIG", {
      what: "A warehouse resource of the kind duckdb needs `path`, the path of a database file.",
      state: "Nothing was read or written.",
      next: "Add it to the resource.",
    });
  });
}
