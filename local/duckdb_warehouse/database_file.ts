import { DuckDBInstance } from "@duckdb/node-api";
import { duckdbError } from "./duckdb_error.ts";

/** An open database file and how many sessions use it. */
interface OpenFile {
  readonly instance: Promise<DuckDBInstance>;
  sessions: number;
}

const openFiles = new Map<string, OpenFile>();

/**
 * Hands out the one instance that this process has of a database file, and closes it with its last session: DuckDB locks the
 * file for one process, and dbt needs it between two steps.
 */
export async function useDatabaseFile(path: string): Promise<{ instance: DuckDBInstance; release(): void }> {
  const file = openFiles.get(path) ?? { instance: DuckDBInstance.create(path), sessions: 0 };
  openFiles.set(path, file);
  file.sessions++;
  const release = () => {
    file.sessions--;
    if (file.sessions > 0) return;
    if (openFiles.get(path) === file) openFiles.delete(path);
    void file.instance.then(
      (instance) => instance.closeSync(),
      () => undefined,
    );
  };
  try {
    return { instance: await file.instance, release };
  } catch (error) {
    release();
    throw duckdbError(error);
  }
}
