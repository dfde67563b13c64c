import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, posix } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..");

/** Every file of a folder, by its path from the root. */
export function files(folder: string): readonly string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.relative(ROOT, posix.join(entry.parentPath, entry.name)))
    .sort();
}

export function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

export function isTypeScript(file: string): boolean {
  return /\.[cm]?tsx?$/.test(file);
}

export interface Import {
  readonly line: number;
  readonly specifier: string;
  /** The file from the root, for a relative import; null for a package. */
  readonly target: string | null;
  readonly kind: "types" | "static" | "dynamic";
}

/** Static, dynamic and re-exporting imports of a file; in templates they are not looked for. */
export function importsOf(file: string): readonly Import[] {
  const code = withoutComments(read(file));
  const found = code.matchAll(
    /^(?:import|export)(\s+type)?\b[^;"'`]*?\bfrom\s*["']([^"']+)["']|^import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm,
  );
  return [...found].map((match) => {
    const [whole, type, from, bare, dynamic] = match;
    const specifier = from ?? bare ?? dynamic ?? "";
    const line = lineOf(code, match.index + whole.length - 1) ?? 0;
    const target = specifier.startsWith(".") ? posix.join(posix.dirname(file), specifier) : null;
    const kind = dynamic !== undefined ? "dynamic" : type !== undefined ? "types" : "static";
    return { line, specifier, target, kind };
  });
}

/** Comments become blanks, so that lines keep their numbers. */
export function withoutComments(code: string): string {
  return code.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, (comment) => comment.replaceAll(/[^\n]/g, " "));
}

export function lineOf(text: string, index: number): number | null {
  return index < 0 ? null : text.slice(0, index).split("\n").length;
}

export function isBuiltin(specifier: string): boolean {
  return specifier.startsWith("node:") && builtinModules.includes(specifier.slice("node:".length));
}

/** `@scope/name/inner` belongs to `@scope/name`. */
export function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
