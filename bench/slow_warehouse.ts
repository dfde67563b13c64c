import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import { registerWarehouse } from "../f/reverse_etl/warehouse/open_warehouse.ts";
import { openSnowflake } from "../f/reverse_etl/warehouse/snowflake_warehouse.ts";

/**
 * The kind of a resource whose statements each take `statement_ms` longer than the emulator's, which answers sooner than Snowflake; what is
 * streamed once at the start, and transactions, of which a push has none, are as they are.
 */
export const SLOW_KIND = "slow";

/** Makes the kind known to this process. */
export function registerSlowWarehouse(): void {
  registerWarehouse(SLOW_KIND, async ({ statement_ms, ...resource }, tag) => {
    const warehouse = await openSnowflake(resource, tag);
    const { query, execute } = warehouse;
    const oneAtATime = pLimit(1);
    const slowly = <T>(statement: () => Promise<T>): Promise<T> =>
      oneAtATime(async () => {
        await sleep(Number(statement_ms));
        return statement();
      });
    warehouse.query = (sql, binds) => slowly(() => query.call(warehouse, sql, binds));
    warehouse.execute = (sql, binds) => slowly(() => execute.call(warehouse, sql, binds));
    return warehouse;
  });
}
