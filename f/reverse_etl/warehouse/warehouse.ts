import type { Dialect } from "./dialect.ts";

/** A value bound to a `?`. Text, so that no number ever passes through a JavaScript double; null is SQL NULL. */
export type Bind = string | null;

/** One row: column names in lower case, every cell as text or null. */
export type Row = Readonly<Record<string, string | null>>;

/**
 * One session of a warehouse.
 *
 * - Statements of a session run one after another, in the order they were asked for.
 * - `query` is for what can be asked again without harm, and holds all rows in memory. `execute` answers the number of rows that the
 *   statement inserted, updated or deleted, and never does it twice.
 * - `stream` reads rows in the statement's order in bounded memory, as fast as they are taken. An open stream has its session to
 *   itself: until its end, or until its reader leaves, every statement is refused instead of waiting for a reader that may wait for it.
 * - A statement outside a transaction that meets a conflict is tried again: nothing of it remained.
 * - Errors are `RetlError`s: `RETL_WAREHOUSE_CONFLICT` when another session's write got in the way (nothing of the
 *   transaction remains; running it again is right), `RETL_WAREHOUSE_UNAVAILABLE` when the warehouse cannot be reached (its message
 *   says whether something may have been written),
 *   `RETL_WAREHOUSE_UNAUTHORIZED` when it does not accept the credentials, `RETL_NOT_MIGRATED` when an object does not exist, and
 *   `RETL_WAREHOUSE_REFUSED` for everything else that another try will not change.
 * - No error message carries a bound value.
 */
export interface WarehouseSession {
  readonly dialect: Dialect;
  query(sql: string, binds?: readonly Bind[]): Promise<readonly Row[]>;
  execute(sql: string, binds?: readonly Bind[]): Promise<number>;
  stream(sql: string, binds?: readonly Bind[]): AsyncIterable<Row>;
}

export interface Warehouse extends WarehouseSession {
  /**
   * Runs `work` in one transaction: commits when it resolves, rolls back when it throws. When another session's write got in the
   * way, in a statement or in the commit, everything is rolled back and `work` runs again from its start, so it may keep nothing
   * outside the transaction; after 20 tries the `RETL_WAREHOUSE_CONFLICT` is thrown. Isolation is READ COMMITTED or better: a row
   * is safe from others once the transaction has updated it, not when it has only read it.
   */
  transaction<T>(work: (session: WarehouseSession) => Promise<T>): Promise<T>;
  /**
   * Starts a statement that goes on without this process, even when it dies, for at most `limitSeconds`, and gives its id in the
   * query history. Only where the engine has such statements.
   */
  readonly submit?: (sql: string, limitSeconds: number) => Promise<string>;
  close(): Promise<void>;
}
