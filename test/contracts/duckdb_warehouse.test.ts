import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
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

// A terabyte: nothing could hold it, so what comes at once has been computed as it was read.
it("a stream of DuckDB holds a few thousand rows at a time, however long the result is", async () => {
  const warehouse = await openDuckdb(join(temporaryFolder(), "warehouse.duckdb"));
  onTestFinished(() => warehouse.close());
  const sql = "select range as n, repeat('x', 1000) as filling from range(1000000000)";
  let read = 0;
  for await (const row of warehouse.stream(sql)) {
    expect(row.n).toBe(`${read}`);
    read += 1;
    if (read === 10_000) break;
  }
  expect(await warehouse.query("select 1 as one")).toEqual([{ one: "1" }]);
});
