import { DBT_PROJECT } from "./project.ts";
import { ensureDbt } from "./python_environment.ts";

type DbtResource = Readonly<Record<string, unknown>>;

/** The dbt resource that lets dbt itself build the demo's project in a DuckDB file, which nobody else may have open meanwhile. */
export const dbtOnDuckdb = (path: string): Promise<DbtResource> =>
  dbtItself("demo", { TAILRACE_DUCKDB: path });

/** The same in a database of the Snowflake emulator, with dbt's adapter for Snowflake. */
export function dbtOnEmulator(url: string, database: string): Promise<DbtResource> {
  const { hostname, port } = new URL(url);
  return dbtItself("snowflake", {
    TAILRACE_SNOWFLAKE_HOST: hostname,
    TAILRACE_SNOWFLAKE_PORT: port,
    TAILRACE_SNOWFLAKE_DATABASE: database,
  });
}

async function dbtItself(
  target: string,
  environment: Readonly<Record<string, string>>,
): Promise<DbtResource> {
  return {
    backend: "command_line",
    executable: await ensureDbt(),
    project_dir: DBT_PROJECT,
    profiles_dir: DBT_PROJECT,
    target,
    environment,
  };
}
