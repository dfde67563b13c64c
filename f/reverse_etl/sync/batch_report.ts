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
  RETL_BATCH_LOST: "The iteration in the flow's run shows the error.",
};

/** Batches that are named by their numbers; a run may have hundreds. */
const NAMED = 3;

/** What a batch that did not go through says of itself. */
interface Failed {
  readonly code: ErrorCode;
  /** `stopped (reason)` or `failed (reason)`. */
  readonly why: string;
}

/**
 * Why the push did not go through, with every reason of its batches once; null when every batch did. The code is that of the first batch. A slot
 * of the loop's result is what a push reports, or what Windmill or the failure step says about an iteration that failed.
 */
export function stopOf(reports: readonly unknown[]): PushStop | null {
  const numbers = new Map<string, number[]>();
  const codes: ErrorCode[] = [];
  for (const [index, slot] of reports.entries()) {
    const failed = failureOf(slot);
    if (failed === null) continue;
    numbers.set(failed.why, [...(numbers.get(failed.why) ?? []), index + 1]);
    codes.push(failed.code);
  }
  const [code] = codes;
  if (code === undefined) return null;
  const next = [...new Set(codes)].map((one) => NEXT[one] ?? "").filter((text) => text !== "");
  return {
    code,
    what: `${[...numbers].map(([why, of]) => `${batches(of)} ${why}`).join("; ")}.`,
    next: next.join(" "),
  };
}

function failureOf(slot: unknown): Failed | null {
  const report = (typeof slot === "object" && slot !== null ? slot : {}) as Partial<PushSummary> & {
    error?: { name?: string };
  };
  if (report.stopped) {
    const { code, reason, message } = report.stopped;
    return { code, why: `stopped (${reason}: ${message})` };
  }
  if (report.acknowledged !== undefined) return null;
  return { code: "RETL_BATCH_LOST", why: `failed (${report.error?.name ?? "its iteration gave no report"})` };
}

/** `batch 2`; `batches 1, 2 and 5`; `12 batches (1, 2, 3, …)`. */
function batches(numbers: readonly number[]): string {
  const last = numbers.at(-1);
  if (numbers.length === 1) return `batch ${last}`;
  return numbers.length <= NAMED
    ? `batches ${numbers.slice(0, -1).join(", ")} and ${last}`
    : `${numbers.length} batches (${numbers.slice(0, NAMED).join(", ")}, …)`;
}
