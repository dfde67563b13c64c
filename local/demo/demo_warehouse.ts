import { join } from "node:path";
import { dbtOnDuckdb, dbtOnEmulator } from "../dbt/dbt_itself.ts";
import { startSnowflakeEmulator } from "../snowflake_emulator/snowflake_emulator.ts";
import type { DemoOptions } from "./options.ts";

/** The warehouse that a demo uses. */
export interface DemoWarehouse {
  /** What the steps of the flow are handed. */
  readonly resource: Readonly<Record<string, string>>;
  /** What `dbt_prep` is handed: whatever builds the tables in it. */
  readonly dbt: Readonly<Record<string, unknown>>;
  /** Whether this process may keep it open between steps. */
  readonly keepOpen: boolean;
  /** What and where it is, as half a sentence. */
  readonly description: string;
  close(): Promise<void>;
}

const WAREHOUSE_FILE = "warehouse.duckdb";
const DATABASE = "TAILRACE";
const COMPILED = { backend: "compiled" };

/**
 * Prepares the warehouse that the options name: a DuckDB file in `folder`, or an emulator of Snowflake of its own, empty, that ends with
 * the demo. Throws `RETL_CONFIG` where what it needs of Python cannot be installed.
 */
export async function openDemoWarehouse(options: DemoOptions, folder: string): Promise<DemoWarehouse> {
  return options.warehouse === "emulator" ? emulated(options) : embedded(options, folder);
}

async function emulated({ dbt }: DemoOptions): Promise<DemoWarehouse> {
  // The driver carries AWS's client, which would tell whoever watches the demo until when it supports this Node.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const emulator = await startSnowflakeEmulator();
  try {
    return {
      resource: emulator.resource(DATABASE),
      dbt: dbt ? await dbtOnEmulator(emulator.url, DATABASE) : COMPILED,
      keepOpen: true,
      description: `an emulator that speaks Snowflake's protocol at ${emulator.url}, in memory`,
      close: () => emulator.close(),
    };
  } catch (error) {
    await emulator.close();
    throw error;
  }
}

async function embedded({ data, dbt }: DemoOptions, folder: string): Promise<DemoWarehouse> {
  const path = join(folder, WAREHOUSE_FILE);
  return {
    resource: { kind: "duckdb", path },
    dbt: dbt ? await dbtOnDuckdb(path) : COMPILED,
    // dbt needs the file for itself.
    keepOpen: !dbt,
    description: `DuckDB, in ${data === undefined ? "a temporary file" : path}`,
    close: async () => {},
  };
}
