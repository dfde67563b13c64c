import type { FaultAction } from "../../local/hubspot_simulator/settings.ts";

/** Ways in which a write call can end without an answer that says what became of it, and whether HubSpot applied it. */
export const LOST_ANSWERS = {
  "dropped before it was applied": { apply: "never", reply: "close" },
  "applied, and the connection reset": { apply: "now", reply: "reset" },
  "applied, and answered 500": {
    apply: "now",
    reply: { status: 500, body: { status: "error", message: "Internal" } },
  },
  "not applied, and answered 502": {
    apply: "never",
    reply: { status: 502, body: "<html>Bad gateway</html>" },
  },
  "applied, and answered with an empty 200": { apply: "now", reply: { status: 200 } },
  "not applied, and answered with an empty 200": { apply: "never", reply: { status: 200 } },
  "applied, and answered without results": { apply: "now", reply: "empty_results" },
  "applied, and never answered": { apply: "now", reply: "hang" },
  "applied after the call was given up": { apply: { afterMs: 400 }, reply: "hang" },
} as const satisfies Record<string, FaultAction>;

export const WRITES = { method: "POST", path: "/batch/(upsert|update|create|archive)" };

/** Each way with the same probability, together `rate`. */
export function randomlyLost(rate: number) {
  const actions = Object.values(LOST_ANSWERS);
  // The draws follow one another, so a later one is made only when the earlier ones did not hit.
  return actions.map((action, index) => ({
    match: WRITES,
    rate: rate / actions.length / (1 - (rate * index) / actions.length),
    action,
  }));
}
