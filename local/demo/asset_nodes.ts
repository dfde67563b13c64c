import { readCompiledIndex } from "../dbt/compiled_index.ts";
import type { CompiledFlow } from "./compiled_flow.ts";
import type { AssetNode } from "./graph_picture.ts";

/** A job's assets, as its compiled flow names them, and upstream of them the models and sources that dbt knows. */
export function assetNodes(flow: CompiledFlow): readonly AssetNode[] {
  const declared = flow.assets.map(
    ({ key, deps, kinds }): AssetNode => ({ key, deps, by: kinds.join(", "), declared: true }),
  );
  const nodes = new Map<string, AssetNode>();
  for (const node of [...dbtNodes(), ...declared]) {
    const known = nodes.get(node.key);
    nodes.set(node.key, { ...node, deps: [...new Set([...(known?.deps ?? []), ...node.deps])] });
  }
  return [...nodes.values()];
}

function dbtNodes(): AssetNode[] {
  const models = readCompiledIndex().nodes.filter((node) => node.kind === "model");
  const relations = new Map(models.map((model) => [model.uniqueId, `${model.schema}.${model.name}`]));
  const nameOf = (uniqueId: string) => relations.get(uniqueId) ?? sourceName(uniqueId);
  const parents = [...new Set(models.flatMap((model) => model.parents))];
  return [
    ...parents
      .filter((parent) => !relations.has(parent))
      .map((parent): AssetNode => ({ key: sourceName(parent), deps: [], by: "dbt source", declared: false })),
    ...models.map(
      (model): AssetNode => ({
        key: nameOf(model.uniqueId),
        deps: model.parents.map(nameOf),
        by: `dbt ${model.materialized}`,
        declared: false,
      }),
    ),
  ];
}

/** `source.project.schema.table` as `schema.table`. */
function sourceName(uniqueId: string): string {
  return uniqueId.split(".").slice(2).join(".");
}
