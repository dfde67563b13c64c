import type { DbtRequest } from "./dbt_backend.ts";
import { selectionOf } from "./selection.ts";

/** Settings of a resource that become options of `dbt build`. */
export interface BuildOptions {
  readonly target?: string | undefined;
  readonly vars?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * What follows `dbt` for one request, as the one line of text that a dbt command is elsewhere; quoted as a POSIX shell (and Python's shlex)
 * reads it. Throws `RETL_CONFIG` for a model that dbt would read as something else.
 */
export function buildCommand({ models, fullRefresh }: DbtRequest, options: BuildOptions): string {
  const words = [
    ...["build", "--select", ...selectionOf(models)],
    ...(options.target === undefined ? [] : ["--target", options.target]),
    ...(options.vars === undefined ? [] : ["--vars", JSON.stringify(options.vars)]),
    ...(fullRefresh ? ["--full-refresh"] : []),
  ];
  return words.map(quoted).join(" ");
}

function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}
