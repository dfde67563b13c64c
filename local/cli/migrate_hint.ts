import { hasCode, RetlError } from "../../f/reverse_etl/sync/error.ts";
import type { DeclaredSync } from "./project.ts";
import type { OpenWorkspace } from "./workspace.ts";

/** What to type when the tables of a sync are not there or older than this code; null for every other error. */
export function migrateHint(
  error: unknown,
  { job }: Pick<DeclaredSync, "job">,
  { flags }: Pick<OpenWorkspace, "flags">,
): string | null {
  const command = `npx tailrace migrate ${job.job.name}${flags}`;
  if (hasCode(error, "RETL_NOT_MIGRATED")) return `Here that is: ${command}`;
  const isOld = hasCode(error, "RETL_WAREHOUSE_REFUSED") && NO_COLUMN.test(String(error));
  return isOld ? `If an earlier version made the tables: ${command}` : null;
}

/** How DuckDB and Snowflake say that a table lacks a column. */
const NO_COLUMN = /Binder Error|invalid identifier/i;

/** The same error with what to type at its end. */
export function withMigrateHint(
  error: unknown,
  declared: Pick<DeclaredSync, "job">,
  open: OpenWorkspace,
): unknown {
  const hint = migrateHint(error, declared, open);
  if (hint === null || !(error instanceof RetlError)) return error;
  return new RetlError(error.code, { what: error.message, state: hint, next: "", details: error.details });
}
