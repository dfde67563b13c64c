import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, vi } from "vitest";
import { openSnowflake } from "../../f/reverse_etl/warehouse/snowflake_warehouse.ts";
import { pythonProblem } from "../../local/python_environment.ts";
import {
  type RunningSnowflake,
  type SnowflakeEmulatorResource,
  startSnowflakeEmulator,
} from "../../local/snowflake_emulator/snowflake_emulator.ts";
import { useEngine } from "./test_engine.ts";

/** Why tests against the emulator cannot run here; null when they can. */
export const NO_EMULATOR = pythonProblem();

/** The end of a describe's name, so that a skipped one says why. */
export const BECAUSE = NO_EMULATOR === null ? "" : ` (skipped: ${NO_EMULATOR})`;

/** The tests of a file share one emulator, which takes up to a second for a statement that it has not seen before. */
const TEST_MS = 180_000;

/** The first start installs the emulator. */
const INSTALLATION_MS = 300_000;

/** One emulator for all tests of a file, and in it an empty database for each of them. */
export function emulatorForThisFile(): {
  url(): string;
  resource(database: string): SnowflakeEmulatorResource;
} {
  let running: RunningSnowflake | null = null;
  beforeAll(async () => {
    if (NO_EMULATOR === null) running = await startSnowflakeEmulator();
  }, INSTALLATION_MS);
  afterAll(() => running?.close());
  const emulator = () => {
    if (running === null) throw new Error("the emulator is not running");
    return running;
  };
  return {
    url: () => emulator().url,
    resource: (database) => emulator().resource(database),
  };
}

/** A name that no other test has. */
export function newDatabase(): string {
  return `TEST_${randomBytes(6).toString("hex").toUpperCase()}`;
}

/** Lets the fixtures of this file run on an emulator of its own. */
export function useSnowflake(): void {
  vi.setConfig({ testTimeout: TEST_MS });
  const emulator = emulatorForThisFile();
  useEngine({
    emptyWarehouse: () => newDatabase(),
    resource: (database) => emulator.resource(database),
    open: (database) => openSnowflake(emulator.resource(database), { run_id: "test", step: "test" }),
  });
}
