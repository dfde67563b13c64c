import { Liquid } from "liquidjs";
import { SQL } from "../generated/sql.ts";
import type { Dialect } from "../warehouse/dialect.ts";

/** The name of a statement: its file in `sql/`, without the ending. */
export type StatementName = keyof typeof SQL;

/** SQL that code made of validated identifiers and literals; a statement takes nothing else into its text. */
export class Fragment {
  readonly #sql: string;
  constructor(sql: string) {
    this.#sql = sql;
  }
  toString(): string {
    return this.#sql;
  }
}

/** What a statement's placeholders stand for: texts become fragments, lists and records are taken over as they are. */
export interface Scope {
  readonly [name: string]: string | boolean | Scope | readonly Scope[];
}

const engine = new Liquid({
  templates: SQL,
  strictVariables: true,
  strictFilters: true,
  cache: true,
  outputEscape: (value: unknown) => {
    if (value instanceof Fragment) return value.toString();
    throw new Error("Internal error: only fragments of SQL may be put into a statement.");
  },
});

/** Renders one statement of `sql/`; throws when a placeholder has no value. */
export function statement(name: StatementName, dialect: Dialect, scope: Scope): string {
  const rendered: unknown = engine.renderFileSync(name, {
    ...asFragments(scope),
    now: new Fragment(dialect.now),
    materialized: new Fragment(dialect.materialized),
    type: asFragments(dialect.types),
  });
  return String(rendered);
}

function asFragments(scope: Scope): Record<string, unknown> {
  return Object.fromEntries(Object.entries(scope).map(([name, value]) => [name, asFragment(value)]));
}

function asFragment(value: Scope[string]): unknown {
  if (typeof value === "string") return new Fragment(value);
  if (typeof value === "boolean") return value;
  return Array.isArray(value) ? value.map((entry: Scope) => asFragments(entry)) : asFragments(value as Scope);
}
