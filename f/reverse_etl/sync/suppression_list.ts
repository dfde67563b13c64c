import { type IdCase, idCaseOf } from "./id_text.ts";
import type { SyncConfig } from "./sync_config.ts";

/** A table of ids, in the schema of the source, whose rows are never sent. */
export interface SuppressionList {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  /** How the ids are told apart: as those of the source. */
  readonly id_case: IdCase;
}

/** The list of a sync; null for one without. */
export function suppressionList(config: SyncConfig): SuppressionList | null {
  const { schema, suppressions, unique_id_col, match_property } = config;
  if (suppressions === undefined) return null;
  const { table, column = unique_id_col } = suppressions;
  return { schema, table, column, id_case: idCaseOf(match_property) };
}
