import { transform } from "esbuild";
import { importMain, once } from "./resolve_script.ts";
import { parseSignature, type Script, type ScriptSource } from "./script_source.ts";

/**
 * Scripts whose code is in the flow itself (`rawscript`). They may import Node's modules only: they are
 * imported as a `data:` URL, from where no package can be found. Scripts called by path come from `byPath`.
 */
export function inlineScripts(byPath?: ScriptSource): ScriptSource {
  const scripts = new Map<string, Promise<Script>>();
  return {
    find(step) {
      if (step.type === "script") {
        return (
          byPath?.find(step) ?? Promise.reject(new Error(`no scripts are given for the path ${step.path}`))
        );
      }
      const known = scripts.get(step.content) ?? fromCode(step.content);
      scripts.set(step.content, known);
      return known;
    },
  };
}

async function fromCode(content: string): Promise<Script> {
  const parameters = await parseSignature(content, "the inline script");
  const { code } = await transform(content, { loader: "ts", format: "esm", target: "es2022" });
  const url = `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`;
  return { parameters, main: once(() => importMain(url, "the inline script")) };
}
