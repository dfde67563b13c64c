import { byKey, type Keyed, topologicalLevels } from "./graph.ts";

/** Nodes in the order in which they are computed: one after another, and side by side. */
export type Arrangement<Node> =
  | { readonly type: "one"; readonly node: Node }
  | { readonly type: "sequence" | "parallel"; readonly parts: readonly Arrangement<Node>[] };

/**
 * Arranges a graph as nested sequences and parallel branches, which is all that a flow has. The same graph gives the same arrangement,
 * in whatever order its nodes come.
 *
 * A node waits only for what it depends on wherever the graph allows it. A graph in the shape of an N does not (c depends on a, d on a
 * and b): there the cut is made where the fewest nodes wait for one that they do not depend on.
 *
 * @param upstream the keys of everything that a node depends on, directly or not
 */
export function arrange<Node extends Keyed>(
  nodes: readonly Node[],
  upstream: (node: Node) => ReadonlySet<string>,
): Arrangement<Node> {
  const [first] = nodes;
  if (first === undefined) return { type: "parallel", parts: [] };
  if (nodes.length === 1) return { type: "one", node: first };
  const groups = connectedGroups(nodes, upstream);
  if (groups.length > 1) {
    return { type: "parallel", parts: groups.map((group) => arrange(group, upstream)) };
  }
  const parts = cut(nodes, upstream).map((part) => arrange(part, upstream));
  return {
    type: "sequence",
    parts: parts.flatMap((part) => (part.type === "sequence" ? part.parts : [part])),
  };
}

/** How many nodes may be computed at the same time. */
export function width(arrangement: Arrangement<unknown>): number {
  if (arrangement.type === "one") return 1;
  const widths = arrangement.parts.map(width);
  return arrangement.type === "sequence"
    ? Math.max(0, ...widths)
    : widths.reduce((sum, part) => sum + part, 0);
}

export function nodesIn<Node>(arrangement: Arrangement<Node>): readonly Node[] {
  return arrangement.type === "one" ? [arrangement.node] : arrangement.parts.flatMap(nodesIn);
}

/** Cuts connected nodes in two, between levels, where the fewest of the second part wait for one of the first without depending on it. */
function cut<Node extends Keyed>(
  nodes: readonly Node[],
  upstream: (node: Node) => ReadonlySet<string>,
): readonly [readonly Node[], readonly Node[]] {
  const levels = topologicalLevels(nodes, upstream);
  let best: readonly [readonly Node[], readonly Node[]] = [levels[0] ?? [], levels.slice(1).flat()];
  let fewest = needlessWaits(best, upstream);
  for (let level = 2; level < levels.length && fewest > 0; level++) {
    const parts = [levels.slice(0, level).flat(), levels.slice(level).flat()] as const;
    const waits = needlessWaits(parts, upstream);
    if (waits < fewest) [best, fewest] = [parts, waits];
  }
  return best;
}

function needlessWaits<Node extends Keyed>(
  [before, after]: readonly [readonly Node[], readonly Node[]],
  upstream: (node: Node) => ReadonlySet<string>,
): number {
  return after.reduce((sum, node) => sum + before.filter(({ key }) => !upstream(node).has(key)).length, 0);
}

/** Groups nodes of which one depends on another; each group and the list of groups by key. */
function connectedGroups<Node extends Keyed>(
  nodes: readonly Node[],
  upstream: (node: Node) => ReadonlySet<string>,
): readonly (readonly Node[])[] {
  const groupOf = new Map(nodes.map((node) => [node.key, new Set([node])]));
  for (const node of nodes) {
    for (const dep of upstream(node)) {
      const mine = groupOf.get(node.key);
      const theirs = groupOf.get(dep);
      if (mine === undefined || theirs === undefined || mine === theirs) continue;
      for (const member of theirs) {
        mine.add(member);
        groupOf.set(member.key, mine);
      }
    }
  }
  const groups = [...new Set(groupOf.values())].map((group) => [...group].sort(byKey));
  return groups.sort(([a], [b]) => (a === undefined || b === undefined ? 0 : byKey(a, b)));
}
