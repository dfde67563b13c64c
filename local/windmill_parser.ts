import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import initParser, { parse_deno } from "windmill-parser-wasm-ts";

/** One parameter of a `main`, as Windmill reads it. */
export interface ParsedParameter {
  readonly name: string;
  /** Windmill's own notation, such as `"float"` or `{ str: ["a", "b"] }`. */
  readonly typ: unknown;
  /** The value of a literal default; null for none and for `null`. */
  readonly default: unknown;
  /** True for a parameter that may be left out. */
  readonly has_default: boolean;
}

/**
 * The parameters of a script's `main` by Windmill's own parser; null for a script without one, which others import.
 *
 * @throws Error when the source does not parse.
 */
export async function parseMain(source: string, name: string): Promise<readonly ParsedParameter[] | null> {
  // Most scripts are libraries, and the parser takes longer than a search.
  if (!/\bmain\b/.test(source)) return null;
  parserReady ??= loadParser();
  await parserReady;
  const signature = JSON.parse(parse_deno(source)) as Signature;
  if (signature.args === undefined) throw new Error(`${name} is not valid TypeScript`);
  return signature.auto_kind === "lib" ? null : signature.args;
}

interface Signature {
  readonly args?: readonly ParsedParameter[];
  readonly auto_kind?: string | null;
}

let parserReady: Promise<unknown> | undefined;

async function loadParser(): Promise<void> {
  const wasm = createRequire(import.meta.url).resolve("windmill-parser-wasm-ts/windmill_parser_wasm_bg.wasm");
  await initParser({ module_or_path: await readFile(wasm) });
}
