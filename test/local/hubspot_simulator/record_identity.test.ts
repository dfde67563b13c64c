import { describe, expect, test } from "vitest";
import { startPortal, upsert } from "./portal_client.ts";

describe("identity", () => {
  test("an upsert creates a record with the unique property and says so, and then updates it", async () => {
    const portal = await startPortal();
    const first = await portal.batch("upsert", [upsert("c1", { firstname: "Ada" }, "1")]);
    const second = await portal.batch("upsert", [upsert("c1", { firstname: "Eva" }, "1")]);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(first.body.results[0]).toMatchObject({
      new: true,
      properties: { customer_id: "c1", firstname: "Ada" },
    });
    expect(second.body.results[0]).toMatchObject({ new: false, id: first.body.results[0].id });
  });

  test("a unique value belongs to one record, also when an update or an upsert asks for it", async () => {
    const portal = await startPortal();
    const [owner = "", other = ""] = await portal.contacts(
      { customer_id: "c1", email: "a@example.com" },
      { customer_id: "c2" },
    );
    const update = await portal.batch("update", [{ id: other, properties: { customer_id: "c1" } }]);
    expect(update.status).toBe(400);
    expect(update.body.message).toBe(
      `Cannot set PropertyValueCoordinates{objectType=CONTACT, propertyName=customer_id, value=c1} on ${other}. ${owner} already has that value.`,
    );
    const upserted = await portal.batch("upsert", [upsert("c2", { email: "A@example.com" }, "1")]);
    expect(upserted.status).toBe(207);
    expect(upserted.body.errors[0]).toMatchObject({ category: "CONFLICT", context: { existingId: [owner] } });
  });

  test("a value that a record gives up can be taken by another one", async () => {
    const portal = await startPortal();
    const [first = "", second = ""] = await portal.contacts({ customer_id: "c1" }, { customer_id: "c2" });
    await portal.batch("update", [{ id: first, properties: { customer_id: "c9" } }]);
    const answer = await portal.batch("update", [{ id: second, properties: { customer_id: "c1" } }]);
    expect(answer.status).toBe(200);
  });

  test("an archived record is unknown to updates, and an upsert of its key creates another one", async () => {
    const portal = await startPortal();
    const [id = ""] = await portal.contacts({ customer_id: "c1", firstname: "Ada" });
    expect((await portal.batch("archive", [{ id }, { id: "404" }])).status).toBe(204);
    expect((await portal.batch("update", [{ id, properties: {} }])).status).toBe(207);
    const again = await portal.batch("upsert", [upsert("c1", {}, "1")]);
    expect(again.body.results[0]).toMatchObject({ new: true });
    expect(again.body.results[0].id).not.toBe(id);
  });

  test("a merged-away id is silently left out of a 200", async () => {
    const portal = await startPortal();
    const [winner = "", loser = ""] = await portal.contacts(
      { email: "a@example.com" },
      { email: "b@example.com", phone: "1" },
    );
    const merge = await portal.send("POST", "/crm/v3/objects/contacts/merge", {
      primaryObjectId: winner,
      objectIdToMerge: loser,
    });
    expect(merge.status).toBe(200);
    const answer = await portal.batch("update", [
      { id: loser, properties: { firstname: "X" }, objectWriteTraceId: "1" },
      { id: winner, properties: { firstname: "Ada" }, objectWriteTraceId: "2" },
    ]);
    expect(answer.status).toBe(200);
    expect(answer.body.results.map((row: { id: string }) => row.id)).toEqual([winner]);
    expect(answer.body).not.toHaveProperty("errors");
  });

  test("the emails of a merged contact still lead to it", async () => {
    const portal = await startPortal();
    const [winner = "", loser = ""] = await portal.contacts(
      { email: "a@example.com" },
      { email: "b@example.com" },
    );
    await portal.send("POST", "/crm/v3/objects/contacts/merge", {
      primaryObjectId: winner,
      objectIdToMerge: loser,
    });
    const byEmail = {
      id: "b@example.com",
      idProperty: "email",
      properties: { firstname: "Ada" },
      objectWriteTraceId: "1",
    };
    const upserted = await portal.batch("upsert", [byEmail]);
    expect(upserted.body.results[0]).toMatchObject({
      id: winner,
      new: false,
      properties: { email: "a@example.com" },
    });
    const created = await portal.batch("create", [{ properties: { email: "b@example.com" } }]);
    expect(created.status).toBe(409);
  });
});
