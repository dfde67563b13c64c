import { nearestName } from "../../asset_graph/nearest_name.ts";
import { parseSync, type SyncInput, syncProblems } from "./sync_config.ts";

/** An asset that a sync depends on; `sync` is null for one that is no HubSpot sync. */
export interface Dependency {
  readonly key: string;
  readonly sync: SyncInput | null;
}

/**
 * What is wrong with the associations of a sync as far as other assets are concerned, each with its fix. Says nothing of a sync that has
 * problems of its own, because its defaults are not known.
 */
export function associationProblems(
  own: { readonly key: string; readonly sync: SyncInput },
  dependencies: readonly Dependency[],
): readonly string[] {
  if (syncProblems(own.sync).length > 0) return [];
  const { associations, resources } = parseSync(own.sync);
  const keys = dependencies.map(({ key }) => key);
  return associations.flatMap(({ to }, index) => {
    const problem = (message: string) => [`associations.${index}.to: ${message}`];
    if (to === own.key) return [];
    const dependency = dependencies.find(({ key }) => key === to);
    if (dependency === undefined) {
      const nearest = nearestName(to, keys);
      const hint = nearest === null ? "" : ` Nearest in deps: ${nearest}.`;
      return problem(`"${to}" is not in deps. Add its asset there, so that it is pushed before.${hint}`);
    }
    if (dependency.sync === null)
      return problem(`"${to}" is no HubSpot sync. Name an asset that reverseEtl computes.`);
    if (syncProblems(dependency.sync).length > 0) return [];
    const other = parseSync(dependency.sync).resources;
    return (["hubspot", "warehouse"] as const).flatMap((resource) =>
      other[resource] === resources[resource]
        ? []
        : problem(
            `"${to}" uses another ${resource} (${other[resource]}) than this sync (${resources[resource]}). ` +
              `Records can only be associated within one ${resource === "hubspot" ? "portal" : "warehouse"}.`,
          ),
    );
  });
}
