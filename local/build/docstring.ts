/** What a docstring says. */
export interface Docstring {
  /** Everything before its first tag, in paragraphs without line breaks. */
  readonly text: string;
  /** The text of each `@param`, by name. */
  readonly parameters: ReadonlyMap<string, string>;
}

const DOCUMENTED_EXPORT =
  /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export\s+(?:async\s+)?(function\*?|class|const|interface|type)\s+(\w+)/g;

/** The docstring of `main`; empty when it has none. */
export function docstringOfMain(source: string): Docstring {
  return parse(documentedExports(source).find(({ name }) => name === "main")?.comment ?? "");
}

/** The docstring of what a module is there for: its first documented export, types only when nothing else is documented. */
export function docstringOfModule(source: string): Docstring {
  const exports = documentedExports(source);
  const first = exports.find(({ kind }) => !/interface|type/.test(kind)) ?? exports[0];
  return parse(first?.comment ?? "");
}

function documentedExports(source: string) {
  return [...source.matchAll(DOCUMENTED_EXPORT)].map(([, comment = "", kind = "", name = ""]) => ({
    comment,
    kind,
    name,
  }));
}

function parse(comment: string): Docstring {
  const lines = comment.split("\n").map((line) => line.replace(/^\s*\*?\s?/, "").trimEnd());
  const [text = "", ...tags] = lines.join("\n").split(/^@/m);
  const parameters = tags.flatMap((tag) => {
    const [, name, description] = /^param\s+(\w+)\s+([\s\S]*)$/.exec(tag) ?? [];
    return name === undefined || description === undefined ? [] : [[name, unwrapped(description)] as const];
  });
  return { text: unwrapped(text), parameters: new Map(parameters) };
}

/** Lines of one paragraph are one line, save for those of a list. */
function unwrapped(text: string): string {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replaceAll(/\n(?!- )\s*/g, " "))
    .join("\n\n");
}
