import { hasCode, RetlError } from "../../f/reverse_etl/sync/error.ts";
import type { DeclaredSync } from "./project.ts";
import type { OpenWorkspace } from "./workspace.ts";

/** What to type when the tables of a sync are not there or older than this code; null for every other error. */
export function migrateHint(
  error: unknown,
  { job }: Pick<DeclaredSync, "job">,
  { flags }: Pick<OpenWorkspace, "flags">,
): string | null {
  return hasCode(error, "RETL_NOT_MIGRATED")
    ? `Here that is: npx tailrace migrate ${job.job.name}${flags}`
    : null;
}

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
