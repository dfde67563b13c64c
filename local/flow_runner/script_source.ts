import { parseMain } from "../windmill_parser.ts";
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
  const parameters = await parseMain(source, name);
  if (parameters === null) throw new Error(`${name} exports no function main`);
  return parameters.map(({ name: parameter, typ }) => ({ name: parameter, isDate: typ === "datetime" }));
}
