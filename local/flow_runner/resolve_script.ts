import { access, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Main, parseSignature, type Script, type ScriptSource } from "./script_source.ts";

/**
 * Scripts called by path, from the files that `wmill sync push` deploys: `f/reverse_etl/diff_insert` is
 * `<root>/f/reverse_etl/diff_insert.ts`. Each is read, parsed and imported once; the import happens when the
 * step first runs, as imports are most of a step's cost.
 */
export function scriptsFromFolder(root: string): ScriptSource {
  const scripts = new Map<string, Promise<Script>>();
  return {
    find(step) {
      if (step.type !== "script") {
        return Promise.reject(new Error("an inline script, where only scripts called by path are read"));
      }
      const known = scripts.get(step.path) ?? fromFile(root, step.path);
      scripts.set(step.path, known);
      return known;
    },
  };
}

async function fromFile(root: string, path: string): Promise<Script> {
  if (!/^[fu](?:\/[A-Za-z0-9_-]+)+$/.test(path)) throw new Error(`${path} is not the path of a script`);
  const file = join(resolve(root), `${path}.ts`);
  await access(file).catch(() => {
    throw new Error(`there is no file ${file} for the script ${path}`);
  });
  const parameters = await parseSignature(await readFile(file, "utf8"), file);
  return { parameters, main: once(() => importMain(pathToFileURL(file).href, path)) };
}

/** Imports a module and takes its `main`. */
export async function importMain(url: string, name: string): Promise<Main> {
  const module = (await import(url)) as { main?: unknown };
  if (typeof module.main !== "function") throw new Error(`main function is missing in ${name}`);
  return module.main as Main;
}

export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load();
    return loaded;
  };
}
