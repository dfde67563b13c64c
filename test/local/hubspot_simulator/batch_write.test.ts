import { describe, expect, test } from "vitest";
import type { StartOptions } from "../../../local/hubspot_simulator/server.ts";
import { startPortal, upsert } from "./portal_client.ts";

describe("with a trace id on every input", () => {
  test("good rows are written and bad ones listed in a 207 under their trace ids", async () => {
    const portal = await startPortal();
    const answer = await portal.batch("upsert", [
      upsert("c1", { firstname: "Ada" }, "t1"),
      upsert("c2", { nickname: "x" }, "t2"),
      upsert("c3", { email: "nowhere" }, "t3"),
    ]);
    expect(answer.status).toBe(207);
    expect(answer.body.results.map((row: { objectWriteTraceId: string }) => row.objectWriteTraceId)).toEqual([
      "t1",
    ]);
    expect(answer.body.numErrors).toBe(2);
    expect(answer.body.errors[0]).toEqual({
      status: "error",
      category: "VALIDATION_ERROR",
      message: expect.stringContaining('"error":"PROPERTY_DOESNT_EXIST","name":"nickname"'),
      context: { objectWriteTraceId: ["t2"] },
    });
    expect(answer.body.errors[1].message).toContain("Email address nowhere is invalid");
    expect((await portal.send("GET", "/_simulator/records/contacts")).body.count).toBe(1);
  });

  test("a create of an existing contact is a conflict that names the existing id", async () => {
    const portal = await startPortal();
    const [id = ""] = await portal.contacts({ email: "a@example.com" });
    const answer = await portal.batch("create", [
      { properties: { email: "A@Example.com" }, objectWriteTraceId: "t1" },
      { properties: { email: "b@example.com" }, objectWriteTraceId: "t2" },
    ]);
    expect(answer.status).toBe(207);
    expect(answer.body.errors).toEqual([
      {
        status: "error",
        category: "CONFLICT",
        message: `Contact already exists. Existing ID: ${id}`,
        context: { objectWriteTraceId: ["t1"], existingId: [id] },
      },
    ]);
  });

  test("two creates of one email in one request make one contact", async () => {
    const portal = await startPortal();
    const answer = await portal.batch("create", [
      { properties: { email: "a@example.com" }, objectWriteTraceId: "t1" },
      { properties: { email: "A@example.com" }, objectWriteTraceId: "t2" },
    ]);
    expect(answer.status).toBe(207);
    expect(answer.body.errors[0].context.objectWriteTraceId).toEqual(["t2"]);
    const records = await portal.send("GET", "/_simulator/records/contacts");
    expect(records.body.count).toBe(1);
  });

  test("trace ids that are not unique do not count as trace ids", async () => {
    const portal = await startPortal();
    const answer = await portal.batch("upsert", [
      upsert("c1", {}, "t"),
      upsert("c2", { nickname: "x" }, "t"),
    ]);
    expect(answer.status).toBe(400);
  });
});

describe("without trace ids", () => {
  test("one bad row refuses the whole request, names no row, and nothing is written", async () => {
    const portal = await startPortal();
    const answer = await portal.batch("upsert", [
      upsert("c1", { firstname: "Ada" }),
      upsert("c2", { nickname: "x" }),
    ]);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      status: "error",
      message:
        'Property values were not valid: [{"isValid":false,"message":"Property \\"nickname\\" does not exist","error":"PROPERTY_DOESNT_EXIST","name":"nickname"}]',
      correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      errors: [
        {
          message: 'Property "nickname" does not exist',
          code: "PROPERTY_DOESNT_EXIST",
          context: { propertyName: ["nickname"] },
        },
      ],
      category: "VALIDATION_ERROR",
    });
    expect((await portal.send("GET", "/_simulator/records/contacts")).body.count).toBe(0);
  });

  test("one trace id that is missing refuses the whole request, too", async () => {
    const portal = await startPortal();
    const answer = await portal.batch("upsert", [upsert("c1", {}, "t1"), upsert("c2", { nickname: "x" })]);
    expect(answer.status).toBe(400);
    expect((await portal.send("GET", "/_simulator/records/contacts")).body.count).toBe(0);
  });

  test("a create of an existing contact refuses the whole request with 409 and names only the first", async () => {
    const portal = await startPortal();
    const [id] = await portal.contacts({ email: "a@example.com" }, { email: "b@example.com" });
    const answer = await portal.batch("create", [
      { properties: { email: "new@example.com" } },
      { properties: { email: "a@example.com" } },
      { properties: { email: "b@example.com" } },
    ]);
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({
      message: `Contact already exists. Existing ID: ${id}`,
      category: "CONFLICT",
    });
    expect((await portal.send("GET", "/_simulator/records/contacts")).body.count).toBe(2);
  });

  test("an update of unknown ids writes the others and lists the unknown ones in one error", async () => {
    const portal = await startPortal();
    const [id = ""] = await portal.contacts({ email: "a@example.com" });
    const answer = await portal.batch("update", [
      { id: "7", properties: { firstname: "X" } },
      { id, properties: { firstname: "Ada" } },
      { id: "8", properties: { firstname: "Y" } },
    ]);
    expect(answer.status).toBe(207);
    expect(answer.body.results).toHaveLength(1);
    expect(answer.body.errors).toEqual([
      {
        status: "error",
        category: "OBJECT_NOT_FOUND",
        message:
          "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.",
        context: { ids: ["7", "8"] },
      },
    ]);
  });
});

describe("a new record without a required property", () => {
  const objects: StartOptions["objects"] = [
    {
      name: "contacts",
      properties: [
        { name: "customer_id", type: "string", hasUniqueValue: true },
        { name: "tier", type: "enumeration", options: ["gold"], required: true },
      ],
    },
  ];
  const REFUSED = {
    status: "error",
    category: "VALIDATION_ERROR",
    message: "Error creating CONTACT. Some required properties were not set.",
  };

  test("is refused alone with trace ids, by create and by upsert, also when it is sent empty", async () => {
    const portal = await startPortal({ objects });
    const upserted = await portal.batch("upsert", [
      upsert("c1", { tier: "gold" }, "t1"),
      upsert("c2", {}, "t2"),
      upsert("c3", { tier: "" }, "t3"),
    ]);
    const created = await portal.batch("create", [
      { properties: { tier: "gold" }, objectWriteTraceId: "t1" },
      { properties: { city: "Ulm" }, objectWriteTraceId: "t2" },
    ]);
    expect([upserted.status, created.status]).toEqual([207, 207]);
    expect(upserted.body.errors).toEqual(
      ["t2", "t3"].map((trace) => ({
        ...REFUSED,
        context: { objectWriteTraceId: [trace], properties: ["tier"] },
      })),
    );
    expect(created.body.errors).toHaveLength(1);
  });

  test("refuses the whole request without trace ids, and nothing is written", async () => {
    const portal = await startPortal({ objects });
    const answer = await portal.batch("upsert", [upsert("c1", { tier: "gold" }), upsert("c2", {})]);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ ...REFUSED, context: { properties: ["tier"] } });
    expect((await portal.send("GET", "/_simulator/records/contacts")).body.count).toBe(0);
  });

  test("does not keep a record that is there from being changed", async () => {
    const portal = await startPortal({ objects });
    await portal.contacts({ customer_id: "c1", tier: "gold" });
    expect((await portal.batch("upsert", [upsert("c1", { city: "Ulm" }, "t1")])).status).toBe(200);
  });
});

describe("what refuses a whole request even with trace ids", () => {
  test("ids that occur twice, compared as HubSpot stores them", async () => {
    const portal = await startPortal();
    const answer = await portal.batch("upsert", [
      { id: "a@example.com", idProperty: "email", properties: {}, objectWriteTraceId: "1" },
      { id: "A@Example.com", idProperty: "email", properties: {}, objectWriteTraceId: "2" },
    ]);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      message: "Duplicate IDs found in batch input: [A@Example.com]. IDs must be unique",
      category: "VALIDATION_ERROR",
      context: { ids: ["A@Example.com"] },
    });
  });

  test("more than 100 inputs", async () => {
    const portal = await startPortal();
    const inputs = Array.from({ length: 101 }, (_, at) => upsert(`c${at}`, {}, `t${at}`));
    expect((await portal.batch("upsert", inputs)).status).toBe(400);
    expect((await portal.batch("upsert", inputs.slice(1))).status).toBe(200);
  });

  test("a property that is not unique as idProperty, and email in an update", async () => {
    const portal = await startPortal();
    for (const [action, idProperty] of [
      ["upsert", "firstname"],
      ["upsert", "hs_object_id"],
      ["update", "email"],
    ] as const) {
      const answer = await portal.batch(action, [
        { id: "a@example.com", idProperty, properties: {}, objectWriteTraceId: "1" },
      ]);
      expect(answer.status).toBe(400);
      expect(answer.body.message).toContain(
        `Unable to perform update/upsert by non-unique 0-1 property ${idProperty}`,
      );
    }
  });

  test("an update by a unique value that no record has", async () => {
    const portal = await startPortal();
    await portal.contacts({ customer_id: "c1" });
    const answer = await portal.batch("update", [
      upsert("c1", { firstname: "A" }, "1"),
      upsert("c2", {}, "2"),
    ]);
    expect(answer.status).toBe(400);
    expect(answer.body.context).toEqual({ missingObjectPropertyValueCoordinates: ["0-1:customer_id:c2"] });
  });

  test("JSON that does not parse, with the place where it stops making sense", async () => {
    const portal = await startPortal();
    const answer = await portal.send("POST", "/crm/v3/objects/contacts/batch/upsert", '{\n  "inputs": [}');
    expect(answer.status).toBe(400);
    expect(answer.body.message).toBe("Invalid input JSON on line 2, column 15");
  });

  test("a value that is a list or an object", async () => {
    const portal = await startPortal();
    const answer = await portal.batch("upsert", [upsert("c1", { firstname: ["a"] }, "1")]);
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain("Invalid input JSON at inputs[0].properties.firstname");
  });

  test("a body that is not declared as JSON", async () => {
    const portal = await startPortal();
    const answer = await portal.send("POST", "/crm/v3/objects/contacts/batch/upsert", "{}", {
      "content-type": "text/plain",
    });
    expect(answer.status).toBe(415);
  });

  test("an object type that does not exist", async () => {
    const portal = await startPortal();
    const answer = await portal.batch("upsert", [upsert("c1", {}, "1")], "butterfly");
    expect(answer.status).toBe(400);
    expect(answer.body.message).toBe("Unable to infer object type from: butterfly");
  });
});

describe("answers", () => {
  test("results come in an order of their own, which the seed decides", async () => {
    const inputs = Array.from({ length: 20 }, (_, at) => upsert(`c${at}`, {}, `t${at}`));
    const order = async (seed: number): Promise<string[]> => {
      const answer = await (await startPortal({ seed })).batch("upsert", inputs);
      return answer.body.results.map((row: { objectWriteTraceId: string }) => row.objectWriteTraceId);
    };
    const [first, again, other] = [await order(1), await order(1), await order(2)];
    expect(first).toEqual(again);
    expect(first).not.toEqual(other);
    expect(first).not.toEqual(inputs.map((input) => input.objectWriteTraceId));
    expect([...first].sort()).toEqual(inputs.map((input) => input.objectWriteTraceId).sort());
  });

  test("trace ids are echoed everywhere, in errors only, or nowhere", async () => {
    const seen = async (echoTraceIds: boolean | "errors"): Promise<unknown[]> => {
      const portal = await startPortal({ echoTraceIds });
      const { body } = await portal.batch("upsert", [
        upsert("c1", {}, "t1"),
        upsert("c2", { nickname: "x" }, "t2"),
      ]);
      return [body.results[0].objectWriteTraceId, body.errors[0].context?.objectWriteTraceId];
    };
    expect(await seen(true)).toEqual(["t1", ["t2"]]);
    expect(await seen("errors")).toEqual([undefined, ["t2"]]);
    expect(await seen(false)).toEqual([undefined, undefined]);
  });

  test("a write shows what was sent, what HubSpot adds, and where the record is seen", async () => {
    const portal = await startPortal();
    const { body } = await portal.batch("create", [{ properties: { firstname: "Ada" } }]);
    const { id, createdAt, properties } = body.results[0];
    expect(properties).toEqual({
      firstname: "Ada",
      createdate: createdAt,
      lastmodifieddate: createdAt,
      hs_object_id: id,
    });
    expect(body.results[0]).toMatchObject({
      archived: false,
      url: `https://app.hubspot.com/contacts/48000001/record/0-1/${id}`,
    });
  });

  test("a portal can be told to echo no property that was sent", async () => {
    const portal = await startPortal({ echoProperties: false });
    const { body } = await portal.batch("upsert", [upsert("c1", { firstname: "Ada" }, "1")]);
    expect(Object.keys(body.results[0].properties).sort()).toEqual([
      "createdate",
      "hs_object_id",
      "lastmodifieddate",
    ]);
  });

  test("custom objects are found by name and by id, and have their own names for dates", async () => {
    const portal = await startPortal();
    const { body, status } = await portal.batch("create", [{ properties: { plan: "pro" } }], "2-1234567");
    expect(status).toBe(201);
    expect(Object.keys(body.results[0].properties)).toEqual([
      "plan",
      "hs_createdate",
      "hs_lastmodifieddate",
      "hs_object_id",
    ]);
    const read = await portal.send(
      "GET",
      `/crm/v3/objects/subscriptions/${body.results[0].id}?properties=plan`,
    );
    expect(read.body.properties.plan).toBe("pro");
  });
});
