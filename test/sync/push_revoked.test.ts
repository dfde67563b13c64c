import { describe, expect, test } from "vitest";
import { allWritten, type Received, refused, type Scripted } from "../hubspot/scripted_server.ts";
import { changes, push } from "./push_fixture.ts";

const BATCH = 50;
const ROWS = 200;
/** More requests than the push of this test makes. */
const ENOUGH = 100;
const POISON = new Set(["c120", "c183"]);

const idOf = ({ id, properties }: Received["inputs"][number]) => id ?? properties?.customer_id ?? "";

/** Takes everything but the poison rows; one call in seven is answered with a server error. */
function answered(request: Received, number: number): Scripted {
  if (number % 7 === 3) return refused(502, "ERROR", "bad gateway");
  if (request.path.endsWith("/read")) {
    const ids = request.inputs.map(idOf);
    const errors = [{ category: "OBJECT_NOT_FOUND", message: "…", context: { ids } }];
    return { status: 207, body: { status: "COMPLETE", results: [], errors } };
  }
  return request.inputs.some((input) => POISON.has(idOf(input)))
    ? refused(400, "VALIDATION_ERROR", "no")
    : allWritten(request);
}

describe.each([
  [401, "EXPIRED_AUTHENTICATION", "RETL_HUBSPOT_UNAUTHORIZED"],
  [403, "MISSING_SCOPES", "RETL_HUBSPOT_FORBIDDEN"],
] as const)("a token that is revoked (%i) from any request of a push on", (status, category, code) => {
  test.each([
    ["upsert", 1],
    ["upsert", 4],
    ["create", 2],
  ] as const)(
    "%s, %i calls in flight: only those are asked besides, no row is rejected for it, and every row is kept",
    async (action, callsInFlight) => {
      let revokedAt = 1;
      for (; revokedAt < ENOUGH; revokedAt++) {
        const pushed = await push(
          changes(ROWS, () => ({ operation: "create" })),
          (request, number) =>
            number >= revokedAt ? refused(status, category, "no") : answered(request, number),
          { sync: { action, callsInFlight, batchSize: BATCH } },
        );
        if (pushed.received.length < revokedAt) break;
        // The one that met the refusal, and the others that were on their way.
        expect(pushed.received.length - (revokedAt - 1)).toBeLessThanOrEqual(callsInFlight);
        expect(pushed.summary?.stopped).toMatchObject({ code, reason: category });
        const rejected = [...pushed.outcomes].filter(([, { kind }]) => kind === "rejected");
        expect(rejected.filter(([seq]) => !POISON.has(`c${seq}`))).toEqual([]);
        const { acknowledged = 0, unknown = 0, deferred = 0 } = pushed.summary ?? {};
        expect(acknowledged + rejected.length + unknown + deferred).toBe(ROWS);
        expect(pushed.ended).toBe(true);
        expect(pushed.endedFor).toBe(code);
      }
      expect(revokedAt).toBeGreaterThan(12);
      expect(revokedAt).toBeLessThan(ENOUGH);
    },
  );
});
