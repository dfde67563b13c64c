import { describe, onTestFinished } from "vitest";
import { openSnowflake } from "../../f/reverse_etl/warehouse/snowflake_warehouse.ts";
import type { Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { BECAUSE, emulatorForThisFile, NO_EMULATOR, newDatabase } from "../support/snowflake_lane.ts";
import { warehouseContract } from "./warehouse_contract.ts";

const emulator = emulatorForThisFile();

describe.skipIf(NO_EMULATOR !== null)(`over Snowflake's protocol${BECAUSE}`, () => {
  warehouseContract("Snowflake", async () => {
    const resource = emulator.resource(newDatabase());
    return async (): Promise<Warehouse> => {
      const warehouse = await openSnowflake(resource, { run_id: "test", step: "contract" });
      onTestFinished(() => warehouse.close());
      return warehouse;
    };
  });
});
