import type { Retry } from "../asset_graph/openflow.ts";
import { TRANSIENT_CODES } from "./sync/error.ts";

/** Every step is tried again after a transient error, because every step may safely run twice; after any other error it is not. */
export const STEP_RETRY: Retry = {
  constant: { attempts: 2, seconds: 5 },
  retry_if: { expr: `${JSON.stringify(TRANSIENT_CODES)}.includes(error.name)` },
};
