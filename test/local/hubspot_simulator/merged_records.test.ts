import { describe, expect, test } from "vitest";
import { DEFAULT_TOKEN } from "../../../local/hubspot_simulator/settings.ts";
import { startPortal } from "./portal_client.ts";

describe("the id of a merged-away record", () => {
  /** A portal in which the second record was merged into the first, and the third into the second before. */
  async function merged(readMergedAway?: "not_found") {
    const portal = await startPortal(readMergedAway === undefined ? {} : { readMergedAway });
    const ids = await portal.contacts({ firstname: "a" }, { firstname: "b" }, { firstname: "c" });
    const [winner = "", loser = "", first = ""] = ids;
    for (const [primaryObjectId, objectIdToMerge] of [
      [loser, first],
      [winner, loser],
    ]) {
      await portal.send("POST", "/crm/v3/objects/contacts/merge", { primaryObjectId, objectIdToMerge });
    }
    const read = (...asked: string[]) =>
      portal.send("POST", "/crm/v3/objects/contacts/batch/read", {
        properties: ["firstname", "hs_merged_object_ids"],
        inputs: asked.map((id) => ({ id })),
      });
    return { portal, winner, loser, first, read };
  }

  test("shows the record that it went into when it is read, over any number of merges", async () => {
    const { winner, loser, first, read, portal } = await merged();
    for (const id of [loser, first]) {
      const answer = await read(id);
      expect(answer.status).toBe(200);
      expect(answer.body.results).toMatchObject([
        { id: winner, properties: { firstname: "a", hs_merged_object_ids: `${loser};${first}` } },
      ]);
      expect((await portal.send("GET", `/crm/v3/objects/contacts/${id}`)).body.id).toBe(winner);
    }
    expect((await read(loser, winner, first)).body.results).toHaveLength(1);
  });

  test("writes nothing, and archives nothing", async () => {
    const { winner, loser, portal, read } = await merged();
    const patched = await portal.send("PATCH", `/crm/v3/objects/contacts/${loser}`, {
      properties: { firstname: "X" },
    });
    expect(patched.status).toBe(404);
    await portal.batch("archive", [{ id: loser }]);
    expect((await read(winner)).body.results).toMatchObject([{ id: winner, properties: { firstname: "a" } }]);
  });

  test("is not found in a portal that is told so", async () => {
    const { loser, read } = await merged("not_found");
    expect((await read(loser)).body.errors).toMatchObject([
      { category: "OBJECT_NOT_FOUND", context: { ids: [loser] } },
    ]);
  });
});

test("a custom object is found by its fully qualified name in its own portal only", async () => {
  const portal = await startPortal();
  const status = async (name: string) => (await portal.send("GET", `/crm/v3/properties/${name}`)).status;
  expect(await status("p48000001_subscriptions")).toBe(200);
  expect(await status("p48000002_subscriptions")).toBe(400);
});

test("a token's scopes can be asked for, and those of a token without a list are all", async () => {
  const limited = { token: "limited", scopes: ["crm.objects.contacts.read"] };
  const portal = await startPortal({ tokens: [{ token: DEFAULT_TOKEN }, limited] });
  const scopes = async (tokenKey: string) =>
    portal.send("POST", "/oauth/v2/private-apps/get/access-token-info", { tokenKey });
  expect((await scopes("limited")).body).toMatchObject({ hubId: 48_000_001, scopes: limited.scopes });
  expect((await scopes(DEFAULT_TOKEN)).body.scopes).toEqual(
    expect.arrayContaining(["crm.objects.contacts.write", "crm.schemas.custom.write", "tickets"]),
  );
  expect((await scopes("nobody's")).status).toBe(404);
});
