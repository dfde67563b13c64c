import { join } from "node:path";
import type { Row, Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { openDuckdb } from "../../local/duckdb_warehouse/duckdb_warehouse.ts";

export type PurchaseRow = readonly [
  customerId: string | null,
  purchasedOn: string,
  cds: string,
  amount: string,
];

/** A customer of every tier on 1997-04-10, one who came back, one who never paid, and sums that are half a cent from two averages. */
export const PURCHASES: readonly PurchaseRow[] = [
  ["00001", "1997-01-01", "1", "11.77"],
  ["2", "1997-01-12", "5", "77.00"],
  ["2", "1997-01-12", "1", "12.00"],
  ["00003", "1997-04-09", "9", "210.50"],
  ["00004", "1997-02-01", "9", "300.00"],
  ["00005", "1997-01-02", "1", "0.00"],
  ["00006", "1997-04-01", "1", "10.00"],
  ["00006", "1997-04-02", "1", "10.01"],
  ["00007", "1997-01-05", "2", "80.00"],
  ["00007", "1997-04-08", "1", "0.00"],
  ["123456", "1997-03-01", "1", "14.99"],
  ["00008", "1997-12-24", "1", "9.99"],
];

/** A new DuckDB file in a folder, with these purchases in the demo's source tables, closed again; answers its path. */
export async function purchasesDatabase(
  folder: string,
  purchases: readonly PurchaseRow[] = PURCHASES,
): Promise<string> {
  const path = join(folder, "shop.duckdb");
  const warehouse = await openDuckdb(path);
  await fillPurchases(warehouse, purchases);
  await warehouse.close();
  return path;
}

/** Makes the demo's source tables, with these purchases and the day 1997-04-10, in an empty warehouse. */
export async function fillPurchases(
  warehouse: Warehouse,
  purchases: readonly PurchaseRow[] = PURCHASES,
): Promise<void> {
  await warehouse.execute("create schema cdnow");
  await warehouse.execute(
    "create table cdnow.purchases (customer_id varchar, purchased_on date, cds integer, amount decimal(10, 2))",
  );
  await warehouse.execute("create table cdnow.replay_day (today date)");
  await warehouse.execute("insert into cdnow.replay_day values (date '1997-04-10')");
  for (const purchase of purchases) {
    await warehouse.execute(
      "insert into cdnow.purchases values (?, cast(? as date), cast(? as integer), cast(? as decimal(10, 2)))",
      purchase,
    );
  }
}

/** The answer of one query on a DuckDB file that nobody has open. */
export async function queryFile(path: string, sql: string): Promise<readonly Row[]> {
  const warehouse = await openDuckdb(path);
  try {
    return await warehouse.query(sql);
  } finally {
    await warehouse.close();
  }
}
