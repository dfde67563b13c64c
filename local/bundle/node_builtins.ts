import { builtinModules } from "node:module";
import type { Plugin } from "esbuild";

const NAMES = new Set(builtinModules.filter((name) => !name.startsWith("_")));
const INJECTED = "tailrace:node-builtins";

/**
 * Turns every `require` of a module of Node into a static import of `node:<name>`, which is what Node, Bun and Deno have in
 * common: a module of theirs has no `require`, and `createRequire` would look for packages beside the bundle.
 */
export function nodeBuiltins(): Plugin {
  return {
    name: "node builtins",
    setup(build) {
      // Where a CommonJS module names an injected export, esbuild puts a static import in front of the bundle.
      build.initialOptions.inject = [INJECTED];
      build.onResolve({ filter: new RegExp(`^${INJECTED}$`) }, () => ({
        path: INJECTED,
        namespace: "injected",
        sideEffects: false,
      }));
      build.onLoad({ filter: /.*/, namespace: "injected" }, () => ({
        contents: [...NAMES]
          .map((name) => `export { default as ${globalOf(name)} } from "node:${name}";`)
          .join("\n"),
      }));
      build.onResolve({ filter: /.*/ }, ({ path, kind }) => {
        const name = path.replace(/^node:/, "");
        if (!NAMES.has(name)) return undefined;
        return kind === "require-call"
          ? { path: name, namespace: "required" }
          : { path: `node:${name}`, external: true, sideEffects: false };
      });
      build.onLoad({ filter: /.*/, namespace: "required" }, ({ path }) => ({
        contents: `module.exports = ${globalOf(path)};`,
      }));
    },
  };
}

function globalOf(name: string): string {
  return `node_builtin_${name.replace(/\W/g, "_")}`;
}
