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
