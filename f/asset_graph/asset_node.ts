import type { Asset } from "./asset.ts";
import type { AssetNode } from "./selection.ts";

/** An asset as plain data; external dependencies are left out, because nothing of them is computed or selected. */
export function nodeOf(asset: Asset): AssetNode {
  return {
    key: asset.key,
    deps: asset.deps.filter(({ compute }) => compute !== null).map(({ key }) => key),
    group: asset.group,
    tags: asset.tags,
    kinds: asset.kinds,
    owners: asset.owners,
  };
}

/** A whole graph as plain data, external assets included: a selection may start from one, though it never chooses it. */
export function nodesOf(assets: readonly Asset[]): readonly AssetNode[] {
  return assets.map((asset) => ({
    ...nodeOf(asset),
    deps: asset.deps.map(({ key }) => key),
    external: asset.compute === null,
  }));
}
