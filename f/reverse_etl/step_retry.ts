import type { Retry } from "../asset_graph/openflow.ts";
import { TRANSIENT_CODES } from "./sync/error.ts";

const after = (codes: readonly string[]): Retry => ({
  constant: { attempts: 2, seconds: 5 },
  retry_if: { expr: `${JSON.stringify(codes)}.includes(error.name)` },
});

/** Every step is tried again after a transient error, because every step may safely run twice; after any other error it is not. */
export const STEP_RETRY = after(TRANSIENT_CODES);

/** Settle makes no call to HubSpot: a code about HubSpot is what it says of the whole run after its commit, which no other try changes. */
export const SETTLE_RETRY = after(TRANSIENT_CODES.filter((code) => !code.startsWith("RETL_HUBSPOT_")));
