import { migrate } from "../f/reverse_etl/sync/migrate.ts";
import { type Plan, planChanges } from "../f/reverse_etl/sync/plan.ts";
import { parseRunParams } from "../f/reverse_etl/sync/run_params.ts";
import type { SyncInput } from "../f/reverse_etl/sync/sync_config.ts";
import type { CompiledSync } from "../f/reverse_etl/sync/sync_session.ts";
import { openSnowflake } from "../f/reverse_etl/warehouse/snowflake_warehouse.ts";
import type { StartOptions } from "../local/hubspot_simulator/server.ts";
import type { SnowflakeEmulatorResource } from "../local/snowflake_emulator/snowflake_emulator.ts";
import { benchSync } from "./bench_sync.ts";

/** A plan in a warehouse of its own, ready to be pushed. */
export interface PushPlan {
  readonly sync: CompiledSync;
  readonly plan: Plan;
}

const PROPERTIES = ["score", "amount", "last_order", "city", "segment"] as const;

/** What the simulated portal has to have for it. */
export const PORTAL: StartOptions = {
  history: false,
  objects: [
    {
      name: "contacts",
      properties: [
        { name: "person_number", type: "string", hasUniqueValue: true },
        { name: "score", type: "number" },
        { name: "amount", type: "number" },
        { name: "last_order", type: "date" },
        { name: "city", type: "string" },
        { name: "segment", type: "string" },
      ],
    },
  ],
};

/** Makes a source of so many new rows in an empty database and plans their push, with the statements of a real run. */
export async function planPush(
  resource: SnowflakeEmulatorResource,
  rows: number,
  rate: SyncInput["rate"],
): Promise<PushPlan> {
  const warehouse = await openSnowflake(resource, { run_id: "bench", step: "plan" });
  try {
    const sync = benchSync(PROPERTIES, rate);
    await migrate(warehouse, sync);
    await warehouse.execute(
      `create or replace table retl.people as
       select
         cast(i as varchar) as person_id,
         cast(i % 1000 as integer) as score,
         cast(i % 100000 as decimal(12, 2)) as amount,
         dateadd(day, i % 1500, to_date('2020-01-01')) as last_order,
         'city ' || cast(i % 5000 as varchar) as city,
         'segment ' || cast(i % 7 as varchar) as segment
       from (select seq4() as i from table(generator(rowcount => ${rows})))`,
    );
    const plan = await planChanges(warehouse, sync, "bench-run", parseRunParams({}));
    return { sync, plan };
  } finally {
    await warehouse.close();
  }
}
