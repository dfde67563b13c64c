import { instance } from "@viz-js/viz";
import type { FlowModule } from "../flow_runner/openflow_input.ts";

/** An asset, or a table that one is made from, and what it is computed from. */
export interface AssetNode {
  readonly key: string;
  readonly deps: readonly string[];
  /** What computes it, or where it comes from; the second line of its box. */
  readonly by: string;
  /** Whether the job declares it; other tables are drawn more quietly. */
  readonly declared: boolean;
}

/** The assets and what they depend on, from left to right, as SVG whose colours come from the page. */
export async function assetPicture(assets: readonly AssetNode[]): Promise<string> {
  const nodes = assets.map(
    ({ key, by, declared }) =>
      `${quoted(key)} [class="${declared ? "asset" : "table"}" label=${quoted(`${key}\n${by}`)}]`,
  );
  const edges = assets.flatMap(({ key, deps }) => deps.map((dep) => `${quoted(dep)} -> ${quoted(key)}`));
  return render([...nodes, ...edges], "The assets and what they depend on");
}

/** The steps of a flow as Windmill runs them, with its branches and loops as boxes around them. */
export async function flowPicture(modules: readonly FlowModule[]): Promise<string> {
  const drawing = new FlowDrawing();
  drawing.sequence(modules, [START]);
  return render(
    [`${START} [class="start" shape=circle label="" width=0.2]`, ...drawing.nodes, ...drawing.edges],
    "The steps of the flow",
  );
}

/** No module's id has a hyphen. */
const START = '"the-start"';

/** Draws modules one after another; ids are the flow's own, which are unique in it. */
class FlowDrawing {
  readonly nodes: string[] = [];
  /** Kept apart, because an edge written inside a box would draw both of its ends into the box. */
  readonly edges: string[] = [];

  /** Draws what follows `before` and answers the nodes that the next module follows. */
  sequence(modules: readonly FlowModule[], before: readonly string[], label?: string): readonly string[] {
    let last = before;
    for (const [index, module] of modules.entries()) {
      last = this.#module(module, last, index === 0 ? label : undefined);
    }
    return last;
  }

  #module(module: FlowModule, before: readonly string[], label?: string): readonly string[] {
    const { id, value, summary = id } = module;
    switch (value.type) {
      case "forloopflow":
        return this.#box(id, `for each: ${summary}`, () => this.sequence(value.modules, before, label));
      case "branchone":
        return this.#box(id, `one of: ${summary}`, () => {
          const branches = [
            ...value.branches.map((branch) => ({
              name: branch.summary ?? branch.expr,
              modules: branch.modules,
            })),
            { name: "otherwise", modules: value.default },
          ];
          return branches.flatMap((branch) => this.#branch(branch, before));
        });
      case "branchall":
        return this.#box(id, `all of: ${summary}`, () =>
          value.branches.flatMap((branch) =>
            this.#branch({ name: branch.summary ?? "", modules: branch.modules }, before),
          ),
        );
      default:
        this.nodes.push(`${quoted(id)} [class="step" label=${quoted(wrapped(summary))}]`);
        for (const node of before) {
          this.edges.push(`${node} -> ${quoted(id)}${label ? ` [label=${quoted(wrapped(label))}]` : ""}`);
        }
        return [quoted(id)];
    }
  }

  #branch(
    branch: { name: string; modules: readonly FlowModule[] },
    before: readonly string[],
  ): readonly string[] {
    // An empty branch goes straight on to what follows.
    return branch.modules.length === 0 ? before : this.sequence(branch.modules, before, branch.name);
  }

  #box(id: string, label: string, draw: () => readonly string[]): readonly string[] {
    this.nodes.push(
      `subgraph ${quoted(`cluster_${id}`)} {`,
      `class="box" label=${quoted(label)} labeljust=l`,
    );
    const last = draw();
    this.nodes.push("}");
    return last;
  }
}

async function render(lines: readonly string[], title: string): Promise<string> {
  const dot = [
    "digraph {",
    // Boxes are measured for a larger type than the page sets, because its font may be wider than the one that Graphviz knows.
    'graph [rankdir=LR bgcolor=transparent fontname="Helvetica" fontsize=14 nodesep=0.25 ranksep=0.4]',
    'node [shape=box style="rounded,filled" fontname="Helvetica" fontsize=14 margin="0.12,0.06"]',
    'edge [arrowsize=0.7 fontname="Helvetica" fontsize=12]',
    ...lines,
    "}",
  ].join("\n");
  const svg = (await instance()).renderString(dot, { format: "svg" });
  return svg
    .slice(svg.indexOf("<svg"))
    .replace("<svg ", `<svg role="img" aria-label="${title}" class="graph" `);
}

/** A text as a DOT string; a newline in it is a line of the label. */
function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

const LABEL_WIDTH = 22;

/** Breaks a long label between words. */
function wrapped(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < LABEL_WIDTH)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}
