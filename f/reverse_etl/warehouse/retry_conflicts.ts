import pRetry from "p-retry";
import { hasCode } from "../sync/error.ts";

/** Tries before a conflict is given up; two writers that back off with jitter need a few. */
const TRIES = 20;

/**
 * Runs `work` again when another session's write got in the way. Only for work of which nothing remains after a conflict: one
 * statement, or a transaction that was rolled back.
 */
export function retryConflicts<T>(work: () => Promise<T>): Promise<T> {
  return pRetry(work, {
    retries: TRIES - 1,
    minTimeout: 5,
    maxTimeout: 250,
    factor: 1.5,
    randomize: true,
    shouldRetry: ({ error }) => hasCode(error, "RETL_WAREHOUSE_CONFLICT"),
  });
}
