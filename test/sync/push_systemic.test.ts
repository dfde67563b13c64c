import { describe, expect, test } from "vitest";
import { allWritten, type Received, refused } from "../hubspot/scripted_server.ts";
import { changes, push } from "./push_fixture.ts";

const HTML = "<!doctype html><title>Log in</title>";
const page = (status: number) => ({ status, headers: { "content-type": "text/html" }, body: HTML });

describe("an answer that no row is at fault for stops the push at once and keeps everything", () => {
  test.each([
    ["an unknown token", refused(401, "INVALID_AUTHENTICATION", "not found"), "RETL_HUBSPOT_UNAUTHORIZED"],
    ["an expired token", refused(401, "EXPIRED_AUTHENTICATION", "expired"), "RETL_HUBSPOT_UNAUTHORIZED"],
    ["a missing scope", refused(403, "MISSING_SCOPES", "not granted"), "RETL_HUBSPOT_FORBIDDEN"],
    ["a suspended account", refused(403, "BANNED", "This portal is suspended"), "RETL_HUBSPOT_FORBIDDEN"],
    ["a firewall's 403", page(403), "RETL_HUBSPOT_FORBIDDEN"],
    ["an unpaid account", refused(402, "PAYMENT_REQUIRED", "Payment required"), "RETL_HUBSPOT_REFUSED"],
    [
      "an unknown object type",
      refused(400, "VALIDATION_ERROR", "Unable to infer object type from: nonsense"),
      "RETL_HUBSPOT_REFUSED",
    ],
    [
      "a key that is not unique",
      refused(400, "VALIDATION_ERROR", "Unable to perform update/upsert by non-unique 0-3 property dealname"),
      "RETL_HUBSPOT_REFUSED",
    ],
    [
      "a redirect",
      { status: 302, headers: { location: "https://example.com/login" } },
      "RETL_HUBSPOT_REFUSED",
    ],
    ["a path that is not HubSpot's", page(404), "RETL_HUBSPOT_REFUSED"],
    ["a wrong content type", { status: 415, body: { message: "HTTP 415" } }, "RETL_HUBSPOT_REFUSED"],
    ["an address that is too long", page(414), "RETL_HUBSPOT_REFUSED"],
  ])("%s", async (_name, answer, code) => {
    const pushed = await push(changes(500), () => answer, { sync: { callsInFlight: 2 } });
    expect(pushed.summary?.stopped).toMatchObject({ code });
    expect(pushed.received.length).toBeLessThanOrEqual(2);
    expect(pushed.summary).toMatchObject({ acknowledged: 0, rejected: 0, unknown: 0, deferred: 500 });
    expect(pushed.ended).toBe(true);
  });

  test.each([
    ["a login page", page(200)],
    ["an empty 200", { status: 200 }],
    ["results about nobody", { body: { status: "COMPLETE", results: [] } }],
  ])(
    "%s in place of HubSpot's answer ends the push after three calls, and acknowledges nothing",
    async (_name, answer) => {
      for (const action of ["upsert", "update", "create"] as const) {
        const pushed = await push(changes(1_000), () => answer, {
          sync: { callsInFlight: 1, action, ...(action === "update" ? { idProperty: null } : {}) },
        });
        expect(pushed.summary?.stopped).toMatchObject({
          code: "RETL_HUBSPOT_UNREACHABLE",
          reason: "NOT_ACCOUNTED_FOR",
        });
        expect(pushed.summary).toMatchObject({ acknowledged: 0, rejected: 0, unknown: 300, deferred: 700 });
      }
    },
  );

  test("a property that goes away during a push ends it, and only the rows of calls in flight are rejected", async () => {
    const refusing = (request: Received) => ({
      status: 207,
      body: {
        status: "COMPLETE",
        results: [],
        errors: request.inputs.map(({ objectWriteTraceId }) => ({
          category: "VALIDATION_ERROR",
          message:
            'Property values were not valid: [{"isValid":false,"message":"Property \\"city\\" does not exist","error":"PROPERTY_DOESNT_EXIST","name":"city"}]',
          context: { objectWriteTraceId: [objectWriteTraceId] },
        })),
      },
    });
    const pushed = await push(
      changes(1_000),
      (request, number) => (number <= 2 ? allWritten(request) : refusing(request)),
      { sync: { callsInFlight: 1 } },
    );
    expect(pushed.summary?.stopped).toMatchObject({
      code: "RETL_HUBSPOT_REFUSED",
      reason: "PROPERTY_DOESNT_EXIST",
    });
    expect(pushed.summary).toMatchObject({ acknowledged: 200, rejected: 100, deferred: 700 });
  });
});

test("a refusal that meets a hundred rows one after the other ends the push, although others were accepted before", async () => {
  const refused = {
    status: 400,
    body: { category: "VALIDATION_ERROR", message: "This portal takes no such record" },
  };
  const pushed = await push(
    changes(1_000),
    (request, number) => (number <= 2 ? allWritten(request) : refused),
    {
      sync: { callsInFlight: 1 },
    },
  );
  expect(pushed.summary?.stopped).toMatchObject({ code: "RETL_HUBSPOT_REFUSED", reason: "VALIDATION_ERROR" });
  expect(pushed.summary).toMatchObject({ acknowledged: 200, rejected: 100, deferred: 700 });
  expect(pushed.endedFor).toBe("RETL_HUBSPOT_REFUSED");
});

test("rows that are wrong alike do not keep the others back: a healthy one between them begins the count anew", async () => {
  const isWrong = (id: string | undefined) => Number(id?.slice(1)) > 100 && Number(id?.slice(1)) % 50 !== 0;
  const pushed = await push(
    changes(300),
    (request) =>
      request.inputs.some(({ id }) => isWrong(id))
        ? { status: 400, body: { category: "VALIDATION_ERROR", message: "This portal takes no such record" } }
        : allWritten(request),
    { sync: { callsInFlight: 1 } },
  );
  expect(pushed.summary).toMatchObject({ acknowledged: 104, rejected: 196, deferred: 0, stopped: null });
});

test("calls that are too large for HubSpot are cut until they fit", async () => {
  const pushed = await push(changes(100), (request) =>
    request.inputs.length > 30 ? { status: 413, body: { message: "too large" } } : allWritten(request),
  );
  expect(pushed.summary).toMatchObject({ acknowledged: 100, rejected: 0 });
});
