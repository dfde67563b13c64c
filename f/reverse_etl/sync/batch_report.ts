import type { ErrorCode } from "./error.ts";
import type { PushSummary } from "./push_summary.ts";

/** Why the flow must fail after settling. */
export interface PushStop {
  readonly code: ErrorCode;
  readonly what: string;
  readonly next: string;
}

const NEXT: Partial<Record<ErrorCode, string>> = {
  RETL_HUBSPOT_UNAUTHORIZED: "Put a valid service key into the variable that the HubSpot resource refers to.",
  RETL_HUBSPOT_FORBIDDEN: "Grant the service key the scopes that HubSpot names.",
  RETL_HUBSPOT_REFUSED: "Correct the sync in flows/ and run npm run build.",
  RETL_HUBSPOT_UNREACHABLE: "Look at HubSpot's status page and at the worker's network.",
};

/**
 * The first reason by batch for which the push did not go through; null when every batch did. A slot of the loop's result is what a push
 * reports, or what Windmill or the failure step says about an iteration that failed.
 */
export function stopOf(reports: readonly unknown[]): PushStop | null {
  for (const [index, slot] of reports.entries()) {
    const report = (typeof slot === "object" && slot !== null ? slot : {}) as Partial<PushSummary> & {
      error?: { name?: string };
    };
    if (report.stopped) {
      const { code, reason, message } = report.stopped;
      return {
        code,
        what: `batch ${index + 1} was stopped (${reason}: ${message}).`,
        next: NEXT[code] ?? "",
      };
    }
    if (report.acknowledged === undefined) {
      const cause = report.error?.name ?? "its iteration gave no report";
      return {
        code: "RETL_BATCH_LOST",
        what: `batch ${index + 1} failed (${cause}).`,
        next: "The iteration in the flow's run shows the error.",
      };
    }
  }
  return null;
}
