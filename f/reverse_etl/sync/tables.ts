import type { Dialect } from "../warehouse/dialect.ts";
import type { SyncConfig } from "./sync_config.ts";

/** The tables of one sync, schema-qualified and quoted. */
export interface Tables {
  readonly schema: string;
  readonly source: string;
  readonly changes: string;
  readonly journal: string;
  readonly state: string;
  readonly rejections: string;
  /** Working table of settle. */
  readonly fold: string;
  readonly lease: string;
  readonly associations: string;
  /** The user's list of ids that are never sent; absent without one. */
  readonly suppressions?: string;
  readonly runs: string;
  readonly events: string;
  readonly alerts: string;
  /** The column that holds the unique id, in the source and in every table of the sync. */
  readonly id: string;
}

export function tablesOf(sync: SyncConfig, dialect: Dialect): Tables {
  const { schema, runs, events, alerts } = tablesOfSchema(sync.schema, dialect);
  const table = (name: string) => `${schema}.${dialect.identifier(name)}`;
  return {
    schema,
    runs,
    events,
    alerts,
    source: table(sync.current_state_tbl),
    changes: table(sync.sync_table_name),
    journal: table(`${sync.sync_table_name}_journal`),
    state: table(`${sync.sync_table_name}_state`),
    rejections: table(`${sync.sync_table_name}_rejections`),
    fold: table(`${sync.sync_table_name}_fold`),
    lease: table(`${sync.sync_table_name}_lease`),
    associations: table(`${sync.sync_table_name}_associations`),
    ...(sync.suppressions === undefined ? {} : { suppressions: table(sync.suppressions.table) }),
    id: dialect.identifier(sync.unique_id_col),
  };
}

/** The tables that all syncs of a schema share. */
export function tablesOfSchema(
  schema: string,
  dialect: Dialect,
): Pick<Tables, "schema" | "runs" | "events" | "alerts"> {
  const quoted = dialect.identifier(schema);
  return {
    schema: quoted,
    runs: `${quoted}.${dialect.identifier("retl_runs")}`,
    events: `${quoted}.${dialect.identifier("asset_events")}`,
    alerts: `${quoted}.${dialect.identifier("retl_alerts")}`,
  };
}
