import type { Bind, Row, WarehouseSession } from "../warehouse/warehouse.ts";
import { type AssociationTarget, associationTargets } from "./association_target.ts";
import { RetlError } from "./error.ts";
import { type Scope, type StatementName, statement } from "./statement.ts";
import { parseSync, type SyncConfig } from "./sync_config.ts";
import { type Tables, tablesOf } from "./tables.ts";

/** One sync as the compiled flow hands it to each of its steps. */
export interface CompiledSync {
  /** The key of its asset; also its name in retl_runs. */
  readonly key: string;
  /** Path of the job's flow. */
  readonly job: string;
  /** Hash of the mapping, the step sources and the library's version. */
  readonly code_version: string;
  readonly config: SyncConfig;
  /** The syncs that its records are associated with. */
  readonly targets?: readonly AssociationTarget[];
}

/** Throws `RETL_CONFIG` when what the flow handed over is not a compiled sync. */
export function parseCompiledSync(input: unknown): CompiledSync {
  const { key, job, code_version, config, targets } = (input ?? {}) as Record<string, unknown>;
  const others = associationTargets.optional().safeParse(targets);
  if (
    typeof key !== "string" ||
    typeof job !== "string" ||
    typeof code_version !== "string" ||
    !others.success
  ) {
    throw new RetlError("RETL_CONFIG", {
      what: "The input `sync` of the step is not a compiled sync.",
      state: "Nothing was read or written.",
      next: "Run the flow that npm run build wrote, not the step by itself.",
    });
  }
  const sync = { key, job, code_version, config: parseSync(config) };
  return others.data === undefined ? sync : { ...sync, targets: others.data };
}

/** The statements of one sync in one session of its warehouse. */
export class SyncSession {
  readonly session: WarehouseSession;
  readonly sync: CompiledSync;
  readonly tables: Tables;

  constructor(session: WarehouseSession, sync: CompiledSync) {
    this.session = session;
    this.sync = sync;
    this.tables = tablesOf(sync.config, session.dialect);
  }

  get dialect() {
    return this.session.dialect;
  }

  /** The same sync in another session, such as a transaction's. */
  within(session: WarehouseSession): SyncSession {
    return new SyncSession(session, this.sync);
  }

  query(name: StatementName, binds: readonly Bind[], scope: Scope = {}): Promise<readonly Row[]> {
    return this.session.query(this.#render(name, scope), binds);
  }

  /** Answers the number of rows written. */
  execute(name: StatementName, binds: readonly Bind[], scope: Scope = {}): Promise<number> {
    return this.session.execute(this.#render(name, scope), binds);
  }

  /** Reads row by row, in bounded memory; until its end the session takes no other statement. */
  stream(name: StatementName, binds: readonly Bind[], scope: Scope = {}): AsyncIterable<Row> {
    return this.session.stream(this.#render(name, scope), binds);
  }

  #render(name: StatementName, scope: Scope): string {
    return statement(name, this.dialect, { ...this.tables, ...scope });
  }
}

/** A cell that a statement always fills; a missing one is a defect of the statement. */
export function cell(row: Row | undefined, column: string): string {
  const value = row?.[column];
  if (value === undefined || value === null)
    throw new Error(`Internal error: a statement gave no ${column}.`);
  return value;
}

/** A count, as every counting statement gives it: text of a whole number below 2^53. */
export function countOf(row: Row | undefined, column: string): number {
  const count = Number(cell(row, column));
  if (!Number.isSafeInteger(count)) throw new Error(`Internal error: ${column} is not a count.`);
  return count;
}
