import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { openDuckdb } from "../../local/duckdb_warehouse/duckdb_warehouse.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import { warehouseContract } from "./warehouse_contract.ts";

warehouseContract("DuckDB", async () => {
  const path = join(temporaryFolder(), "warehouse.duckdb");
  return async (): Promise<Warehouse> => {
    const warehouse = await openDuckdb(path);
    onTestFinished(() => warehouse.close());
    return warehouse;
  };
});
