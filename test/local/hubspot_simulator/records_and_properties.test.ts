import { describe, expect, test } from "vitest";
import { startPortal } from "./portal_client.ts";

describe("single records", () => {
  test("a record is found by its id and by a unique value, written with either, and deleted", async () => {
    const portal = await startPortal();
    const [id] = await portal.contacts({ email: "a@example.com", customer_id: "c1" });
    const byEmail = "/crm/v3/objects/contacts/A@example.com?idProperty=email";
    expect((await portal.send("GET", byEmail)).body.id).toBe(id);
    const written = await portal.send("PATCH", "/crm/v3/objects/contacts/c1?idProperty=customer_id", {
      properties: { firstname: "Ada" },
    });
    expect(written.body).toMatchObject({ id, properties: { firstname: "Ada" } });
    expect((await portal.send("DELETE", `/crm/v3/objects/contacts/${id}`)).status).toBe(204);
    const gone = await portal.send("GET", byEmail);
    expect(gone.status).toBe(404);
    expect(gone.body).toMatchObject({
      status: "error",
      message: "resource not found",
      category: "OBJECT_NOT_FOUND",
    });
    const archived = await portal.send("GET", `/crm/v3/objects/contacts/${id}?archived=true`);
    expect(archived.body).toMatchObject({ archived: true, archivedAt: expect.any(String) });
  });

  test("a list is paged by id without gaps or repeats, and archived records have a list of their own", async () => {
    const portal = await startPortal();
    const ids = await portal.contacts(...Array.from({ length: 7 }, (_, at) => ({ firstname: `n${at}` })));
    await portal.send("DELETE", `/crm/v3/objects/contacts/${ids[3]}`);
    const seen: string[] = [];
    let after = "";
    do {
      const page = await portal.send("GET", `/crm/v3/objects/contacts?limit=2&properties=firstname${after}`);
      seen.push(...page.body.results.map((record: { id: string }) => record.id));
      after = page.body.paging === undefined ? "" : `&after=${page.body.paging.next.after}`;
    } while (after !== "");
    expect(seen).toEqual(ids.filter((_, at) => at !== 3));
    const archived = await portal.send("GET", "/crm/v3/objects/contacts?archived=true");
    expect(archived.body.results.map((record: { id: string }) => record.id)).toEqual([ids[3]]);
    expect((await portal.send("GET", "/crm/v3/objects/contacts?limit=101")).status).toBe(400);
  });

  test("a batch read lists what it did not find in one error of a 207", async () => {
    const portal = await startPortal();
    const [id] = await portal.contacts({ email: "a@example.com", firstname: "Ada" });
    const answer = await portal.send("POST", "/crm/v3/objects/contacts/batch/read", {
      idProperty: "email",
      properties: ["firstname", "lastname"],
      inputs: [{ id: "a@example.com" }, { id: "b@example.com" }, { id: "c@example.com" }],
    });
    expect(answer.status).toBe(207);
    expect(answer.body.results).toMatchObject([{ id, properties: { firstname: "Ada", lastname: null } }]);
    expect(answer.body.errors).toMatchObject([
      { category: "OBJECT_NOT_FOUND", context: { ids: ["b@example.com", "c@example.com"] } },
    ]);
  });

  test("a batch read that finds nothing is a 207 or a 404, as configured", async () => {
    const portal = await startPortal();
    const read = () => portal.batch("read", [{ id: "1" }]);
    expect((await read()).status).toBe(207);
    await portal.send("POST", "/_simulator/config", { readNoneStatus: 404 });
    expect((await read()).status).toBe(404);
  });
});

describe("property definitions", () => {
  const fresh = {
    name: "score",
    label: "Score",
    type: "number",
    fieldType: "number",
    groupName: "contactinformation",
  };

  test("a property that is created can be read, written and listed, and after deletion it does not exist", async () => {
    const portal = await startPortal();
    expect((await portal.send("POST", "/crm/v3/properties/contacts", fresh)).status).toBe(201);
    const [id] = await portal.contacts({ score: "1" });
    const one = await portal.send("GET", "/crm/v3/properties/contacts/score");
    expect(one.body).toMatchObject({ ...fresh, hasUniqueValue: false, calculated: false, archived: false });
    expect(one.body.modificationMetadata.readOnlyValue).toBe(false);
    expect((await portal.send("DELETE", "/crm/v3/properties/contacts/score")).status).toBe(204);
    expect((await portal.send("GET", "/crm/v3/properties/contacts/score")).status).toBe(404);
    const archived = await portal.send("GET", "/crm/v3/properties/contacts?archived=true");
    expect(archived.body.results).toMatchObject([{ name: "score", archived: true }]);
    const write = await portal.send("PATCH", `/crm/v3/objects/contacts/${id}`, {
      properties: { score: "2" },
    });
    expect(write.body.errors[0].code).toBe("PROPERTY_DOESNT_EXIST");
  });

  test("HubSpot's own properties are there, read-only where HubSpot keeps them", async () => {
    const portal = await startPortal();
    const { body } = await portal.send("GET", "/crm/v3/properties/contacts");
    const find = (name: string) => body.results.find((property: { name: string }) => property.name === name);
    expect(find("email")).toMatchObject({ hasUniqueValue: true, type: "string" });
    expect(find("hs_object_id").modificationMetadata.readOnlyValue).toBe(true);
    expect(find("hs_email_domain").calculated).toBe(true);
    expect(find("lastmodifieddate")).toBeDefined();
    const companies = await portal.send("GET", "/crm/v3/properties/companies/hs_lastmodifieddate");
    expect(companies.status).toBe(200);
  });

  test("an existing name is a conflict, and a wrong name, type, field type or group is refused", async () => {
    const portal = await startPortal();
    const status = async (change: object) =>
      (await portal.send("POST", "/crm/v3/properties/contacts", { ...fresh, ...change })).status;
    expect(await status({ name: "email" })).toBe(409);
    expect(await status({ name: "Score" })).toBe(400);
    expect(await status({ type: "money" })).toBe(400);
    expect(await status({ fieldType: "text" })).toBe(400);
    expect(await status({ groupName: "nowhere" })).toBe(400);
    await portal.send("POST", "/crm/v3/properties/contacts/groups", { name: "nowhere", label: "N" });
    expect(await status({ groupName: "nowhere" })).toBe(201);
  });

  test("uniqueness is given at creation, to at most ten properties, and holds from then on", async () => {
    const portal = await startPortal();
    const create = async (name: string) =>
      (await portal.send("POST", "/crm/v3/properties/contacts", { ...fresh, name, hasUniqueValue: true }))
        .status;
    const statuses: number[] = [];
    for (let at = 0; at < 10; at++) statuses.push(await create(`key_${at}`));
    expect(statuses).toEqual([...Array(9).fill(201), 400]);
    await portal.send("PATCH", "/crm/v3/properties/contacts/tier", { hasUniqueValue: true });
    expect((await portal.send("GET", "/crm/v3/properties/contacts/tier")).body.hasUniqueValue).toBe(false);
    await portal.contacts({ key_0: "5" });
    expect((await portal.batch("create", [{ properties: { key_0: "5.0" } }])).status).toBe(409);
  });

  test("properties are created and read in batches, with 207 for those that fail", async () => {
    const portal = await startPortal();
    const created = await portal.send("POST", "/crm/v3/properties/contacts/batch/create", {
      inputs: [fresh, { ...fresh, name: "email" }],
    });
    expect(created.status).toBe(207);
    expect(created.body).toMatchObject({ results: [{ name: "score" }], numErrors: 1 });
    const read = await portal.send("POST", "/crm/v3/properties/contacts/batch/read", {
      archived: false,
      inputs: [{ name: "score" }, { name: "unheard_of" }],
    });
    expect(read.status).toBe(207);
    expect(read.body).toMatchObject({
      results: [{ name: "score" }],
      errors: [{ category: "OBJECT_NOT_FOUND" }],
    });
  });
});
