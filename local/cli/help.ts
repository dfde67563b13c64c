/** What `--help` says beside the commands. */
export const HELP = `
Exit codes:
  0  fine
  1  problems were found, or the run failed (status: the last run failed or is held)
  2  the command line or the resources of this machine are wrong; nothing was done
  3  held: a guard stopped the plan, and it needs approval
  4  busy: another run holds the sync, or another process has the DuckDB file open

Where the warehouse, HubSpot and dbt are:
  --data DIR         what npm start -- --data DIR left there, with its HubSpot simulator or --hubspot URL
  --resources FILE   a file like the one below; by default tailrace.resources.yaml in the working directory

  variables:
    f/reverse_etl/environment: prod              # only prod pushes
    f/reverse_etl/hubspot_token: $env:HUBSPOT_TOKEN
  resources:                                     # in place of those of resources/
    f/reverse_etl/dbt: { backend: none }
    f/reverse_etl/snowflake: { kind: duckdb, path: warehouse.duckdb }   # a DuckDB file in place of Snowflake

Values of rows are printed only with --show-values. NO_COLOR is respected.
`;
