import {
  BatchApi,
  createConfiguration,
  ServerConfiguration,
} from "@hubspot/api-client/lib/codegen/crm/objects/index.js";
import {
  CoreApi,
  createConfiguration as createPropertiesConfiguration,
  ServerConfiguration as PropertiesServerConfiguration,
} from "@hubspot/api-client/lib/codegen/crm/properties/index.js";
import {
  PropertyCreateFieldTypeEnum,
  PropertyCreateTypeEnum,
} from "@hubspot/api-client/lib/codegen/crm/properties/models/PropertyCreate.js";
import { expect, test } from "vitest";
import { type PortalClient, startPortal } from "./portal_client.ts";

const accessToken = "simulator-token";

function batchApi(portal: PortalClient, token = accessToken): BatchApi {
  return new BatchApi(
    createConfiguration({
      baseServer: new ServerConfiguration(portal.url, {}),
      authMethods: { oauth2: { accessToken: token } },
    }),
  );
}

test("the official client resolves create, update, upsert, read and archive with their own statuses", async () => {
  const portal = await startPortal();
  const api = batchApi(portal);
  const created = await api.createWithHttpInfo("contacts", {
    inputs: [{ properties: { email: "a@example.com" }, associations: [] }],
  });
  expect(created.httpStatusCode).toBe(201);
  const id = created.data.results[0]?.id ?? "";
  const updated = await api.updateWithHttpInfo("contacts", {
    inputs: [{ id, properties: { firstname: "Ada" } }],
  });
  expect(updated.httpStatusCode).toBe(200);
  const upserted = await api.upsertWithHttpInfo("contacts", {
    inputs: [
      { id: "c1", idProperty: "customer_id", properties: { firstname: "Eva" }, objectWriteTraceId: "t1" },
    ],
  });
  expect(upserted.httpStatusCode).toBe(200);
  expect(upserted.data.results[0]).toMatchObject({ _new: true, objectWriteTraceId: "t1" });
  expect(upserted.headers["x-hubspot-ratelimit-remaining"]).toBe("187");
  const read = await api.readWithHttpInfo("contacts", {
    properties: ["firstname"],
    propertiesWithHistory: ["firstname"],
    inputs: [{ id }],
  });
  expect(read.httpStatusCode).toBe(200);
  expect(read.data.results[0]?.properties.firstname).toBe("Ada");
  expect(read.data.results[0]?.createdAt).toBeInstanceOf(Date);
  expect(read.data.results[0]?.propertiesWithHistory?.firstname).toMatchObject([{ value: "Ada" }]);
  const archived = await api.archiveWithHttpInfo("contacts", { inputs: [{ id }] });
  expect(archived.httpStatusCode).toBe(204);
});

test("the official client resolves a 207 and reads its errors with their contexts as lists", async () => {
  const portal = await startPortal();
  const answer = await batchApi(portal).upsertWithHttpInfo("contacts", {
    inputs: [
      { id: "c1", idProperty: "customer_id", properties: {}, objectWriteTraceId: "t1" },
      { id: "c2", idProperty: "customer_id", properties: { purchases: "many" }, objectWriteTraceId: "t2" },
    ],
  });
  expect(answer.httpStatusCode).toBe(207);
  expect(answer.data).toMatchObject({
    numErrors: 1,
    errors: [{ category: "VALIDATION_ERROR", context: { objectWriteTraceId: ["t2"] } }],
  });
});

test("the official client rejects refusals with their code and body", async () => {
  const portal = await startPortal({ burst: { calls: 1 } });
  const update = { inputs: [{ id: "1", idProperty: "email", properties: {} }] };
  await expect(batchApi(portal).update("contacts", update)).rejects.toMatchObject({
    code: 400,
    body: { category: "VALIDATION_ERROR" },
  });
  await expect(batchApi(portal).update("contacts", update)).rejects.toMatchObject({
    code: 429,
    body: { policyName: "TEN_SECONDLY_ROLLING" },
  });
  await expect(batchApi(portal, "wrong").update("contacts", update)).rejects.toMatchObject({ code: 401 });
});

test("the official properties client creates, lists, reads, changes and archives a property", async () => {
  const portal = await startPortal();
  const api = new CoreApi(
    createPropertiesConfiguration({
      baseServer: new PropertiesServerConfiguration(portal.url, {}),
      authMethods: { oauth2: { accessToken } },
    }),
  );
  const created = await api.create("contacts", {
    name: "segment",
    label: "Segment",
    type: PropertyCreateTypeEnum.Enumeration,
    fieldType: PropertyCreateFieldTypeEnum.Select,
    groupName: "contactinformation",
    options: [{ label: "A", value: "a", hidden: false, displayOrder: 0 }],
  });
  expect(created).toMatchObject({ name: "segment", type: "enumeration", hubspotDefined: false });
  const all = await api.getAll("contacts");
  expect(all.results.map(({ name }) => name)).toContain("segment");
  expect((await api.getByName("contacts", "segment")).options).toMatchObject([{ value: "a" }]);
  const changed = await api.update("contacts", "segment", {
    options: [
      { label: "A", value: "a", hidden: false, displayOrder: 0 },
      { label: "B", value: "b", hidden: false, displayOrder: 1 },
    ],
  });
  expect(changed.options).toHaveLength(2);
  await portal.contacts({ segment: "b" });
  await api.archive("contacts", "segment");
  await expect(api.getByName("contacts", "segment")).rejects.toMatchObject({ code: 404 });
});
