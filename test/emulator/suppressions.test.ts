import { describe } from "vitest";
import { BECAUSE, NO_EMULATOR, useSnowflake } from "../support/snowflake_lane.ts";

useSnowflake();

describe.skipIf(NO_EMULATOR !== null)(`over Snowflake's protocol${BECAUSE}`, async () => {
  await import("../sync/suppressions.test.ts");
  await import("../sync/suppression_guards.test.ts");
  await import("../sync/association_suppressions.test.ts");
});
