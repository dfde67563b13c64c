import { describe } from "vitest";
import { flowContract } from "../contracts/flow_contract.ts";
import { BECAUSE, NO_EMULATOR, useSnowflake } from "../support/snowflake_lane.ts";

useSnowflake();

describe.skipIf(NO_EMULATOR !== null)(`over Snowflake's protocol${BECAUSE}`, async () => {
  flowContract("Snowflake");
  await import("../scenarios/first_run.test.ts");
});
