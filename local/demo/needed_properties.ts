import type { SyncConfig } from "../../f/reverse_etl/sync/sync_config.ts";
import type { NeededProperty } from "./hubspot_properties.ts";

/** The properties that a sync writes: the one that it matches by, and those that it maps. Throws for a mapping without a type. */
export function neededProperties(config: SyncConfig): {
  id: NeededProperty;
  mapped: readonly NeededProperty[];
} {
  if (config.match_property === undefined) throw new Error("the demo's sync needs a match_property");
  const mapped = config.column_mappings.map(({ destination_name: name, type: kind }): NeededProperty => {
    if (kind === undefined)
      throw new Error(`the mapping of ${name} needs a type, so that the demo can create the property`);
    return { name, kind, unique: false };
  });
  return { id: { name: config.match_property, kind: "text", unique: true }, mapped };
}
