import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import initParser, { parse_deno } from "windmill-parser-wasm-ts";
import type { ScriptValue } from "./openflow_input.ts";

export type Main = (...args: unknown[]) => unknown;

/** A script's `main` with what Windmill's parser reads in its signature. */
export interface Script {
  readonly parameters: readonly Parameter[];
  /** Imports the module on first use. */
  main(): Promise<Main>;
}

export interface Parameter {
  readonly name: string;
  /** Windmill hands a `Date` parameter a `Date`; every other argument comes as its JSON. */
  readonly isDate: boolean;
}

/** Where the steps' code comes from. */
export interface ScriptSource {
  /** @throws Error when there is no such script or it has no `main`. */
  find(step: ScriptValue): Promise<Script>;
}

/**
 * The parameters of `main`, by Windmill's own parser: arguments are handed over by position, under these
 * names.
 *
 * @throws Error when the source does not parse or exports no `main`.
 */
export async function parseSignature(source: string, name: string): Promise<Parameter[]> {
  parserReady ??= loadParser();
  await parserReady;
  const signature = JSON.parse(parse_deno(source)) as Signature;
  if (signature.args === undefined) throw new Error(`${name} is not valid TypeScript`);
  if (signature.auto_kind === "lib") throw new Error(`${name} exports no function main`);
  return signature.args.map(({ name: parameter, typ }) => ({ name: parameter, isDate: typ === "datetime" }));
}

interface Signature {
  readonly args?: readonly { readonly name: string; readonly typ: unknown }[];
  readonly auto_kind?: string | null;
}

let parserReady: Promise<unknown> | undefined;

async function loadParser(): Promise<void> {
  const wasm = createRequire(import.meta.url).resolve("windmill-parser-wasm-ts/windmill_parser_wasm_bg.wasm");
  await initParser({ module_or_path: await readFile(wasm) });
}
