import { stringify } from "yaml";
import { parseMain } from "../windmill_parser.ts";
import { type Docstring, docstringOfMain, docstringOfModule } from "./docstring.ts";
import { scriptSchema } from "./script_schema.ts";

export interface ScriptMetadata {
  /** The text of the `.script.yaml`. */
  readonly content: string;
  /** What the source has to say before it can be deployed; empty when it says it. */
  readonly problems: readonly string[];
}

/**
 * What Windmill shows of a script and asks for in its form: from the signature and the docstring of `main`; without a `main`, from the
 * docstring of what the module is there for.
 *
 * @param path Windmill's path of the script, `f/reverse_etl/settle`.
 */
export async function scriptMetadata(path: string, source: string): Promise<ScriptMetadata> {
  const parameters = await parseMain(source, path);
  const docstring = parameters === null ? docstringOfModule(source) : docstringOfMain(source);
  const metadata = {
    summary: parameters === null ? librarySummary(path) : sentence(docstring.text),
    description: docstring.text,
    lock: `!inline ${path}.script.lock`,
    kind: "script",
    schema: scriptSchema(parameters ?? [], docstring.parameters),
  };
  return {
    // A quoted !inline is text; without quotes it would be a tag, which wmill lint rejects.
    content: stringify(metadata, { aliasDuplicateObjects: false, lineWidth: 0 }),
    problems: parameters === null ? [] : problemsOf(parameters, docstring),
  };
}

function problemsOf(parameters: readonly { name: string }[], docstring: Docstring): readonly string[] {
  const names = parameters.map(({ name }) => name);
  const described = [...docstring.parameters.keys()];
  return [
    ...(docstring.text === "" ? ["main has no docstring."] : []),
    ...names
      .filter((name) => !docstring.parameters.get(name))
      .map((name) => `the docstring of main has no "@param ${name}" that describes it.`),
    ...described
      .filter((name) => !names.includes(name))
      .map((name) => `the docstring of main describes ${name}, which is no parameter.`),
  ];
}

/** Modules stand in Windmill's list of scripts, too, so they say what they are. */
function librarySummary(path: string): string {
  return `${path.split("/").slice(2).join("/")} (library)`;
}

/** The first sentence, without its full stop. */
function sentence(text: string): string {
  return (/^[\s\S]*?(?=\.(\s|$)|$)/.exec(text)?.[0] ?? "").trim();
}
