import * as z from "zod";
import { ID_CASES, idCaseOf } from "./id_text.ts";
import { operationsOf, REMOVED_OPERATIONS } from "./operation_mode.ts";
import { suppressionList } from "./suppression_list.ts";
import type { SyncConfig } from "./sync_config.ts";

const targetShape = z.strictObject({
  key: z.string(),
  schema: z.string(),
  current_state_tbl: z.string(),
  sync_table_name: z.string(),
  unique_id_col: z.string(),
  object_type: z.string(),
  /** What becomes of its records whose rows are gone. */
  removed: z.enum(REMOVED_OPERATIONS),
  /** How its ids are told apart. */
  id_case: z.enum(ID_CASES).default("keep"),
  /** Its list of ids that are never sent, if it has one. */
  suppressions: z.strictObject({ table: z.string(), column: z.string() }).optional(),
});

/** What a sync that associates its records with another one's knows of the other one. */
export type AssociationTarget = z.output<typeof targetShape>;

export const associationTargets = z.array(targetShape);

export function targetOf(key: string, config: SyncConfig): AssociationTarget {
  const list = suppressionList(config);
  const { schema, current_state_tbl, sync_table_name, unique_id_col, object_type } = config;
  return {
    key,
    schema,
    current_state_tbl,
    sync_table_name,
    unique_id_col,
    object_type,
    removed: operationsOf(config).removed,
    id_case: idCaseOf(config.match_property),
    ...(list === null ? {} : { suppressions: { table: list.table, column: list.column } }),
  };
}
