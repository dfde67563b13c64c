import { topologicalLevels } from "./graph.ts";
import { nearestName } from "./nearest_name.ts";
import { type Label, parseSelection, type Selection, SelectionError } from "./selection_parser.ts";

/** An asset as plain data, so that a step of a running flow can select, too. */
export interface AssetNode {
  readonly key: string;
  readonly deps: readonly string[];
  readonly group?: string | null;
  readonly tags?: Readonly<Record<string, string>>;
  readonly kinds?: readonly string[];
  readonly owners?: readonly string[];
  /** Others compute it: a selection may start from it and never chooses it. */
  readonly external?: boolean;
}

/**
 * The keys that a selection chooses, in stable topological order.
 * Throws a `SelectionError` for a text that does not parse, a key or label that no asset has, and for a selection without assets.
 */
export function selectAssets(nodes: readonly AssetNode[], text: string): readonly string[] {
  const found = evaluate(parseSelection(text), nodes, text);
  const chosen = topologicalLevels(nodes, ({ deps }) => deps)
    .flat()
    .filter(({ key, external }) => found.has(key) && external !== true)
    .map(({ key }) => key);
  if (chosen.length > 0) return chosen;
  const others = nodes.filter(({ key }) => found.has(key)).map(({ key }) => key);
  throw new SelectionError(
    text,
    0,
    others.length === 0
      ? "The selection chooses no asset."
      : `The selection chooses only what others compute: ${others.sort().join(", ")}. Add "+" to choose what depends on it.`,
  );
}

function evaluate(selection: Selection, nodes: readonly AssetNode[], text: string): ReadonlySet<string> {
  const all = nodes.map(({ key }) => key);
  const keys = (of: Selection) => evaluate(of, nodes, text);
  switch (selection.type) {
    case "all":
      return new Set(all);
    case "key": {
      if (all.includes(selection.key)) return new Set([selection.key]);
      throw unknown(text, selection.at, `There is no asset "${selection.key}".`, selection.key, all);
    }
    case "label":
      return labelled(selection, nodes, text);
    case "traversal": {
      const of = keys(selection.of);
      return new Set([
        ...of,
        ...reach(of, upstream(nodes), selection.up),
        ...reach(of, downstream(nodes), selection.down),
      ]);
    }
    case "path": {
      const from = keys(selection.from);
      const to = keys(selection.to);
      const below = new Set([...from, ...reach(from, downstream(nodes), Number.POSITIVE_INFINITY)]);
      const above = new Set([...to, ...reach(to, upstream(nodes), Number.POSITIVE_INFINITY)]);
      return new Set(all.filter((key) => below.has(key) && above.has(key)));
    }
    case "not": {
      const of = keys(selection.of);
      return new Set(all.filter((key) => !of.has(key)));
    }
    case "and": {
      const right = keys(selection.right);
      return new Set([...keys(selection.left)].filter((key) => right.has(key)));
    }
    case "or":
      return new Set([...keys(selection.left), ...keys(selection.right)]);
  }
}

function labelled(
  { label, value, at }: Extract<Selection, { type: "label" }>,
  nodes: readonly AssetNode[],
  text: string,
): ReadonlySet<string> {
  const found = nodes.filter((node) => labelValues(node, label).includes(value)).map(({ key }) => key);
  if (found.length > 0) return new Set(found);
  const values = new Set(nodes.flatMap((node) => labelValues(node, label)));
  throw unknown(text, at, `No asset has the ${label} "${value}".`, value, values);
}

/** A tag is chosen by its name or by `name=value`. */
function labelValues(node: AssetNode, label: Label): readonly string[] {
  switch (label) {
    case "group":
      return node.group == null ? [] : [node.group];
    case "tag":
      return Object.entries(node.tags ?? {}).flatMap(([name, value]) => [name, `${name}=${value}`]);
    case "kind":
      return node.kinds ?? [];
    case "owner":
      return node.owners ?? [];
  }
}

function unknown(
  text: string,
  at: number,
  problem: string,
  name: string,
  names: Iterable<string>,
): SelectionError {
  const all = [...names].sort();
  const nearest = nearestName(name, all);
  const hint = nearest === null ? known(all) : `Nearest: "${nearest}".`;
  return new SelectionError(text, at, `${problem} ${hint}`);
}

/** How many names a message lists. */
const LISTED = 8;

function known(names: readonly string[]): string {
  if (names.length === 0) return "There is none.";
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : "";
  return `There is: ${names.slice(0, LISTED).join(", ")}${more}.`;
}

type Edges = ReadonlyMap<string, readonly string[]>;

function upstream(nodes: readonly AssetNode[]): Edges {
  return new Map(nodes.map(({ key, deps }) => [key, deps]));
}

function downstream(nodes: readonly AssetNode[]): Edges {
  return new Map(
    nodes.map(({ key }) => [key, nodes.filter(({ deps }) => deps.includes(key)).map((node) => node.key)]),
  );
}

/** What is at most `layers` edges away. Dependencies that are not among the nodes (external assets) are not reached. */
function reach(from: ReadonlySet<string>, edges: Edges, layers: number): ReadonlySet<string> {
  const reached = new Set<string>();
  let front = [...from];
  for (let layer = 0; layer < layers && front.length > 0; layer++) {
    front = front.flatMap((key) => edges.get(key) ?? []).filter((key) => edges.has(key) && !reached.has(key));
    for (const key of front) reached.add(key);
  }
  return reached;
}
