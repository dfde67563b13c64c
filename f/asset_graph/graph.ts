import type { Asset } from "./asset.ts";

/** All assets that are reachable from `roots`, each object once, in the order in which they are found. */
export function reachableAssets(roots: readonly Asset[]): readonly Asset[] {
  const found = new Set<Asset>();
  const visit = (asset: Asset) => {
    if (found.has(asset)) return;
    found.add(asset);
    asset.deps.forEach(visit);
  };
  roots.forEach(visit);
  return [...found];
}

/** One dependency cycle as a path that ends where it starts; null when there is none. */
export function findCycle(assets: readonly Asset[]): readonly string[] | null {
  const done = new Set<Asset>();
  const path: Asset[] = [];
  const visit = (asset: Asset): readonly string[] | null => {
    const start = path.indexOf(asset);
    if (start >= 0) return [...path.slice(start), asset].map(({ key }) => key);
    if (done.has(asset)) return null;
    path.push(asset);
    for (const dep of asset.deps) {
      const cycle = visit(dep);
      if (cycle !== null) return cycle;
    }
    path.pop();
    done.add(asset);
    return null;
  };
  for (const asset of assets) {
    const cycle = visit(asset);
    if (cycle !== null) return cycle;
  }
  return null;
}

/** Dependencies before dependents; by key where either order would do, so that the order of declaration never shows. */
export function topologicalLevels<Node extends { readonly key: string }>(
  nodes: readonly Node[],
  depsOf: (node: Node) => readonly string[],
): readonly (readonly Node[])[] {
  const waiting = new Map(
    [...nodes].sort((a, b) => (a.key < b.key ? -1 : 1)).map((node) => [node.key, node]),
  );
  const levels: Node[][] = [];
  while (waiting.size > 0) {
    const level = [...waiting.values()].filter((node) => !depsOf(node).some((dep) => waiting.has(dep)));
    if (level.length === 0)
      throw new Error("Internal error: a graph with a cycle was not refused by validation.");
    for (const node of level) waiting.delete(node.key);
    levels.push(level);
  }
  return levels;
}

/** Groups nodes that depend on one another, directly or through others of the list; each group and the list of groups by key. */
export function connectedGroups<Node extends { readonly key: string }>(
  nodes: readonly Node[],
  depsOf: (node: Node) => readonly string[],
): readonly (readonly Node[])[] {
  const groupOf = new Map(nodes.map((node) => [node.key, new Set([node])]));
  for (const node of nodes) {
    for (const dep of depsOf(node)) {
      const mine = groupOf.get(node.key);
      const theirs = groupOf.get(dep);
      if (mine === undefined || theirs === undefined || mine === theirs) continue;
      for (const member of theirs) {
        mine.add(member);
        groupOf.set(member.key, mine);
      }
    }
  }
  const sorted = [...new Set(groupOf.values())].map((group) =>
    [...group].sort((a, b) => (a.key < b.key ? -1 : 1)),
  );
  return sorted.sort((a, b) => ((a[0]?.key ?? "") < (b[0]?.key ?? "") ? -1 : 1));
}
