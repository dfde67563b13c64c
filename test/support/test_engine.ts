import { join } from "node:path";
import type { Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { openDuckdb } from "../../local/duckdb_warehouse/duckdb_warehouse.ts";
import { type AtEnd, temporaryFolder } from "./temporary_folder.ts";

/** What the fixtures' warehouses run on. */
export interface TestEngine {
  /** Names a new, empty warehouse: a database file, or a database of an emulator. */
  emptyWarehouse(atEnd?: AtEnd): string;
  /** The resource that lets a step open it. */
  resource(warehouse: string): Readonly<Record<string, string>>;
  /** Opens a session of it. */
  open(warehouse: string): Promise<Warehouse>;
}

const duckdb: TestEngine = {
  emptyWarehouse: (atEnd) => join(temporaryFolder(atEnd), "warehouse.duckdb"),
  resource: (path) => ({ kind: "duckdb", path }),
  open: (path) => openDuckdb(path),
};

let engine: TestEngine = duckdb;

export function testEngine(): TestEngine {
  return engine;
}

/** Lets all tests of this file run on another engine than DuckDB. */
export function useEngine(other: TestEngine): void {
  engine = other;
}
