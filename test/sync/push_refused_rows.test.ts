import { describe, expect, test } from "vitest";
import type { StartOptions } from "../../local/hubspot_simulator/server.ts";
import { allWritten } from "../hubspot/scripted_server.ts";
import { changes, push } from "./push_fixture.ts";
import { KEY, portalOf } from "./push_portal.ts";

describe("what HubSpot refuses of a row", () => {
  const REFUSED = [
    ["nowhere", "x", "PROPERTY_DOESNT_EXIST"],
    ["lifecyclestage", "nonsense", "INVALID_OPTION"],
    ["hs_additional_emails", "x", "READ_ONLY_VALUE"],
    ["hs_email_domain", "x", "READ_ONLY_VALUE"],
    ["email", "ada@example.con", "INVALID_EMAIL"],
    ["born_on", "1786334400001", "INVALID_DATE"],
    ["born_on", "yesterday", "INVALID_LONG"],
    ["score", "12,5", "INVALID_INTEGER"],
  ] as const;
  const WITH_KINDS: StartOptions = {
    objects: [
      {
        name: "contacts",
        properties: [KEY, { name: "born_on", type: "date" }, { name: "score", type: "number" }],
      },
    ],
  };
  /** Every refusal once, between rows that are taken. */
  const rows = changes(2 * REFUSED.length, (seq) => {
    const [name, value] = REFUSED[Math.floor(seq / 2) - 1] ?? [];
    const payload = seq % 2 === 0 && name !== undefined ? { [name]: value } : { city: "Ulm" };
    return { payload, desired: payload };
  });

  test.each([
    ["named in errors", true],
    ["without a word about which row", false],
  ] as const)(
    "is told by code and property, %s, and the rows beside it are taken",
    async (_how, echoTraceIds) => {
      const portal = await portalOf("contacts", { ...WITH_KINDS, echoTraceIds });
      const pushed = await portal.push(rows, { action: "upsert" });
      for (const [index, [property, , code]] of REFUSED.entries()) {
        expect(pushed.outcomes.get(2 * index + 2)).toMatchObject({ kind: "rejected", code, property });
      }
      expect(pushed.summary).toMatchObject({
        acknowledged: REFUSED.length,
        rejected: REFUSED.length,
        unknown: 0,
        stopped: null,
      });
    },
  );

  test("is told the same way when the whole call is refused for it", async () => {
    const portal = await portalOf("contacts", {
      ...WITH_KINDS,
      faults: [
        {
          match: { path: "batch/upsert", bodyContains: '"score":"12,5"' },
          times: "always",
          action: {
            reply: {
              status: 400,
              body: {
                status: "error",
                category: "VALIDATION_ERROR",
                message:
                  'Property values were not valid: [{"isValid":false,"message":"12,5 was not a valid number","error":"INVALID_INTEGER","name":"score"}]',
                errors: [
                  {
                    message: "12,5 was not a valid number",
                    code: "INVALID_INTEGER",
                    context: { propertyName: ["score"] },
                  },
                ],
              },
            },
          },
        },
      ],
    });
    const pushed = await portal.push(rows.slice(-5), { action: "upsert" });
    expect(pushed.outcomes.get(16)).toMatchObject({ code: "INVALID_INTEGER", property: "score" });
    const told = pushed.outcomes.get(16);
    expect(told?.kind === "rejected" && told.message).not.toContain("12,5");
  });
});

describe("a new row without a property that HubSpot requires", () => {
  const REQUIRED: StartOptions["objects"] = [
    { name: "contacts", properties: [KEY, { name: "region", type: "string", required: true }] },
  ];
  const rows = changes(30, (seq) => {
    const payload: Record<string, string> =
      seq % 10 === 0 ? { city: "Ulm" } : { city: "Ulm", region: "south" };
    return { payload, desired: payload };
  });
  const REJECTED = { kind: "rejected", code: "VALIDATION_ERROR", property: "region" };

  test.each([
    ["named by its trace id", true],
    ["not named", false],
  ] as const)(
    "%s: is rejected with the property, and the rows beside it are taken",
    async (_how, echoTraceIds) => {
      for (const action of ["upsert", "create"] as const) {
        const portal = await portalOf("contacts", { objects: REQUIRED, echoTraceIds });
        const all = rows.map((change) => ({ ...change, operation: "create" as const }));
        const pushed = await portal.push(all, { action });
        for (const seq of [10, 20, 30]) expect(pushed.outcomes.get(seq)).toMatchObject(REJECTED);
        expect(pushed.summary).toMatchObject({ acknowledged: 27, rejected: 3, unknown: 0, stopped: null });
      }
    },
  );

  test("is found when HubSpot refuses the whole call for it and names no row", async () => {
    const pushed = await push(rows, (request) =>
      request.inputs.some(({ properties }) => properties?.region === undefined)
        ? {
            status: 400,
            body: {
              status: "error",
              category: "VALIDATION_ERROR",
              message: "Error creating CONTACT. Some required properties were not set.",
              context: { properties: ["region"] },
            },
          }
        : allWritten(request),
    );
    for (const seq of [10, 20, 30]) expect(pushed.outcomes.get(seq)).toMatchObject(REJECTED);
    expect(pushed.summary).toMatchObject({ acknowledged: 27, rejected: 3, stopped: null });
  });
});
