import { parseSync, type SyncInput } from "../f/reverse_etl/sync/sync_config.ts";
import type { CompiledSync } from "../f/reverse_etl/sync/sync_session.ts";

/** The sync of a benchmark: `retl.people`, of which these columns are mapped to properties of the same names. */
export function benchSync(columns: readonly string[], rate?: SyncInput["rate"]): CompiledSync {
  return {
    key: "bench/people",
    job: "bench",
    code_version: "bench",
    config: parseSync({
      schema: "retl",
      current_state_tbl: "people",
      sync_table_name: "people_sync",
      unique_id_col: "person_id",
      object_type: "contacts",
      operation_mode: "upsert",
      match_property: "person_number",
      column_mappings: columns.map((name) => ({ destination_name: name, snowflake_name: name })),
      guards: { max_changed_fraction: 1 },
      ...(rate === undefined ? {} : { rate }),
    }),
  };
}
