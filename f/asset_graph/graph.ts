import type { Asset } from "./asset.ts";

/** Something with a key, in a graph whose edges are keys. */
export interface Keyed {
  readonly key: string;
}

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

/**
 * Dependencies before dependents; by key where either order would do, so that the order of declaration never shows.
 * Throws a plain Error for a cycle, which validation reports before.
 */
export function topologicalLevels<Node extends Keyed>(
  nodes: readonly Node[],
  dependsOn: (node: Node) => Iterable<string>,
): readonly (readonly Node[])[] {
  const waiting = new Map([...nodes].sort(byKey).map((node) => [node.key, node]));
  const levels: Node[][] = [];
  while (waiting.size > 0) {
    const level = [...waiting.values()].filter(
      (node) => ![...dependsOn(node)].some((dep) => waiting.has(dep)),
    );
    if (level.length === 0)
      throw new Error("Internal error: a graph with a cycle was not refused by validation.");
    for (const node of level) waiting.delete(node.key);
    levels.push(level);
  }
  return levels;
}

/** The keys of everything that an asset depends on, directly or not. */
export function upstreamKeys(asset: Asset): ReadonlySet<string> {
  return new Set(reachableAssets(asset.deps).map(({ key }) => key));
}

/** By code unit, so that an order never depends on a machine's locale. */
export function byKey(a: Keyed, b: Keyed): number {
  if (a.key === b.key) return 0;
  return a.key < b.key ? -1 : 1;
}
