import { quoteLiteral } from "../warehouse/identifier.ts";
import { type AssociationConfig, labelName } from "./association_config.ts";
import type { AssociationTarget } from "./association_target.ts";
import { RetlError } from "./error.ts";
import { type IdCase, idCaseOf, idText } from "./id_text.ts";
import { operationsOf } from "./operation_mode.ts";
import type { Scope } from "./statement.ts";
import { type SuppressionList, suppressionList } from "./suppression_list.ts";
import { listScope, requireList, suppressionScope } from "./suppressions.ts";
import type { SyncSession } from "./sync_session.ts";
import { tablesOf } from "./tables.ts";

/** One declared association with what its other side is. */
export interface Relation {
  readonly config: AssociationConfig;
  readonly target: AssociationTarget;
  /** As `<sync_table>_associations` names it; `""` for none. */
  readonly label: string;
}

/** The declared associations of a sync; throws `RETL_CONFIG` when the flow was compiled without their other sides. */
export function relationsOf({ sync }: SyncSession): readonly Relation[] {
  return sync.config.associations.map((config) => {
    const target = sync.targets?.find(({ key }) => key === config.to);
    if (target !== undefined) return { config, target, label: labelName(config) };
    throw new RetlError("RETL_CONFIG", {
      what: `${sync.key} is associated with ${config.to}, of which the step was told nothing.`,
      state: "Nothing was read or written.",
      next: "Run npm run build and deploy the flow that it writes.",
    });
  });
}

/**
 * The SQL that the comparison of associations needs. Throws `RETL_SOURCE_COLUMN` with every foreign key that the source does not have or
 * that cannot hold an id, and what `requireList` throws for the lists of both sides.
 */
export async function associationScope(session: SyncSession): Promise<Scope> {
  const { dialect, sync } = session;
  const relations = relationsOf(session);
  await requireForeignKeys(session, relations);
  const own = suppressionList(sync.config);
  const others = relations.flatMap(({ target }) => {
    const list = listOf(target);
    return list === null ? [] : [{ target, list }];
  });
  const lists = [...(own === null ? [] : [own]), ...others.map(({ list }) => list)];
  for (const list of lists) await requireList(session, list);
  const id = (column: string, idCase: IdCase) =>
    idText(`cast(${dialect.identifier(column)} as varchar)`, idCase);
  return {
    source_id: id(sync.config.unique_id_col, idCaseOf(sync.config.match_property)),
    keeps_own_removed: keeps(operationsOf(sync.config).removed),
    ...suppressionScope(session),
    suppressing_links: lists.length > 0,
    suppressing_targets: others.map(({ target, list }) => ({
      to_sync: quoteLiteral(target.key),
      ...listScope(list, dialect),
    })),
    relations: relations.map(({ config, target, label }, index) => {
      const other = tablesOf({ ...sync.config, ...target }, dialect);
      return {
        alias: `k${index}`,
        to_sync: quoteLiteral(target.key),
        to_object_type: quoteLiteral(target.object_type),
        label: quoteLiteral(label),
        foreign_key: id(config.foreign_key, target.id_case),
        keeps_removed: keeps(target.removed),
        target_state: other.state,
        target_source: other.source,
        target_id: other.id,
        target_source_id: id(target.unique_id_col, target.id_case),
      };
    }),
  };
}

function listOf({ schema, suppressions, id_case }: AssociationTarget): SuppressionList | null {
  return suppressions === undefined ? null : { schema, ...suppressions, id_case };
}

/** A record whose row is gone keeps its associations only where it is left as it is. */
function keeps(removed: AssociationTarget["removed"]): string {
  return removed === "leave" ? "true" : "false";
}

async function requireForeignKeys(session: SyncSession, relations: readonly Relation[]): Promise<void> {
  const { dialect, sync } = session;
  const { schema, current_state_tbl } = sync.config;
  const rows = await session.query("source_columns", [schema, current_state_tbl], {
    schema_is: dialect.nameIs("table_schema"),
    table_is: dialect.nameIs("table_name"),
  });
  const problems = relations.flatMap(({ config: { foreign_key } }) => {
    const row = rows.find(({ column_name }) => column_name?.toLowerCase() === foreign_key.toLowerCase());
    if (row === undefined) return [`${foreign_key} (foreign_key) is not a column of the table`];
    const kind = dialect.columnKind(row.data_type ?? "", row.numeric_scale ?? null);
    if (kind === "text" || kind === "integer") return [];
    return [`${foreign_key} (foreign_key) is ${row.data_type}; an id must be a text or a whole number`];
  });
  if (problems.length === 0) return;
  throw new RetlError("RETL_SOURCE_COLUMN", {
    what: `${schema}.${current_state_tbl} does not fit the associations of ${sync.key}:\n${problems.map((line) => `  ${line}`).join("\n")}\nIts columns are: ${rows.map(({ column_name }) => column_name).join(", ")}.`,
    state: "Nothing was planned or sent.",
    next: "Correct the associations in flows/ and run npm run build, or correct the model.",
    details: { problems },
  });
}
