import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Arrangement, arrange, nodesIn, width } from "../../f/asset_graph/arrangement.ts";

interface Node {
  readonly key: string;
  readonly deps: readonly string[];
}

function arranged(graph: Readonly<Record<string, string>>): Arrangement<Node> {
  return arrangeNodes(
    Object.entries(graph).map(([key, deps]) => ({ key, deps: deps.split("").filter(Boolean) })),
  );
}

function arrangeNodes(nodes: readonly Node[]): Arrangement<Node> {
  const upstream = upstreamOf(nodes);
  return arrange(nodes, ({ key }) => upstream.get(key) ?? new Set());
}

function upstreamOf(nodes: readonly Node[]): ReadonlyMap<string, ReadonlySet<string>> {
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const visit = (key: string): string[] =>
    (byKey.get(key)?.deps ?? []).flatMap((dep) => [dep, ...visit(dep)]);
  return new Map(nodes.map(({ key }) => [key, new Set(visit(key))]));
}

function shown(part: Arrangement<Node>): string {
  if (part.type === "one") return part.node.key;
  const parts = part.parts.map(shown);
  return part.type === "sequence" ? `(${parts.join(" ")})` : `[${parts.join("|")}]`;
}

/** A graph without a cycle: each node depends on nodes before it. */
const graph = fc
  .integer({ min: 1, max: 9 })
  .chain((size) =>
    fc.tuple(
      ...Array.from({ length: size }, (_, index) =>
        fc
          .subarray(Array.from({ length: index }, (_, dep) => `n${dep}`))
          .map((deps): Node => ({ key: `n${index}`, deps: deps.slice(0, 3) })),
      ),
    ),
  );

describe("an arrangement", () => {
  it.each([
    ["independent nodes side by side", { a: "", b: "", c: "" }, "[a|b|c]"],
    ["a chain one after another", { a: "b", b: "c", c: "" }, "(c b a)"],
    ["a diamond with its middle side by side", { a: "", b: "a", c: "a", d: "bc" }, "(a [b|c] d)"],
    ["a chain beside what has nothing to do with it", { a: "", b: "a", c: "" }, "[(a b)|c]"],
    [
      "a chain as one branch where another branch joins it later",
      { a: "", b: "a", c: "", d: "bc" },
      "([(a b)|c] d)",
    ],
    [
      "two trees of different depth without a common barrier",
      { a: "", b: "a", c: "b", d: "", e: "d" },
      "[(a b c)|(d e)]",
    ],
    [
      "an N with a barrier, because a flow has nothing better",
      { a: "", b: "", c: "a", d: "ab" },
      "([a|b] [c|d])",
    ],
  ])("puts %s", (_, deps, expected) => {
    expect(shown(arranged(deps as Record<string, string>))).toBe(expected);
  });

  it("knows how many nodes may be computed at the same time", () => {
    expect(width(arranged({ a: "", b: "a", c: "a", d: "bc", e: "" }))).toBe(3);
    expect(width(arranged({ a: "b", b: "" }))).toBe(1);
    expect(width(arranged({}))).toBe(0);
  });

  it("holds every node once and computes none before what it depends on", () => {
    fc.assert(
      fc.property(graph, (nodes) => {
        const upstream = upstreamOf(nodes);
        const result = arrangeNodes(nodes);
        expect(
          nodesIn(result)
            .map(({ key }) => key)
            .sort(),
        ).toEqual(nodes.map(({ key }) => key).sort());
        const check = (part: Arrangement<Node>): void => {
          if (part.type === "one") return;
          part.parts.forEach(check);
          part.parts.forEach((earlier, index) => {
            for (const later of part.parts.slice(index + 1))
              for (const before of nodesIn(earlier))
                for (const after of nodesIn(later)) {
                  expect(upstream.get(before.key)).not.toContain(after.key);
                  if (part.type === "parallel") expect(upstream.get(after.key)).not.toContain(before.key);
                }
          });
        };
        check(result);
      }),
    );
  });

  it("is the same in whatever order the nodes are declared", () => {
    fc.assert(
      fc.property(
        graph.chain((nodes) =>
          fc.tuple(fc.constant(nodes), fc.shuffledSubarray([...nodes], { minLength: nodes.length })),
        ),
        ([nodes, shuffled]) => {
          expect(shown(arrangeNodes(shuffled))).toBe(shown(arrangeNodes(nodes)));
        },
      ),
    );
  });
});
