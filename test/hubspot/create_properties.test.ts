import { describe, expect, onTestFinished, test } from "vitest";
import { createProperties } from "../../f/reverse_etl/hubspot/create_properties.ts";
import { parsePropertyDefinitions } from "../../f/reverse_etl/hubspot/property_definitions.ts";
import { hubspotFromResource } from "../../f/reverse_etl/hubspot/resource.ts";
import { missingProperties } from "../../f/reverse_etl/sync/new_properties.ts";
import type { ValueKind } from "../../f/reverse_etl/sync/preflight.ts";
import { type StartOptions, startSimulator } from "../../local/hubspot_simulator/server.ts";
import { DEFAULT_TOKEN } from "../../local/hubspot_simulator/settings.ts";

async function portal(options: StartOptions = {}) {
  const running = await startSimulator(options);
  onTestFinished(() => running.close());
  const hubspot = hubspotFromResource({ token: DEFAULT_TOKEN, base_url: running.url }, 5_000);
  return {
    hubspot,
    definitions: async () => parsePropertyDefinitions(await hubspot.properties("contacts")),
  };
}

const KINDS: readonly ValueKind[] = ["text", "number", "date", "datetime", "bool"];
const MAPPED = KINDS.map((valueKind) => ({ destination_name: `new_${valueKind}`, valueKind }));
const ALL = { match_property: true };

describe("missing properties", () => {
  test("are created with the type of their columns, in the group of the record id, the key with unique values", async () => {
    const { hubspot, definitions } = await portal();
    await createProperties(
      hubspot,
      "contacts",
      missingProperties(ALL, MAPPED, "erp_number", await definitions()),
    );
    const made = new Map((await definitions()).map((definition) => [definition.name, definition]));
    expect(KINDS.map((kind) => made.get(`new_${kind}`)?.type)).toEqual([
      "string",
      "number",
      "date",
      "datetime",
      "bool",
    ]);
    expect(made.get("erp_number")).toMatchObject({
      type: "string",
      hasUniqueValue: true,
      groupName: "contactinformation",
    });
    expect(made.get("new_text")?.hasUniqueValue).toBe(false);
  });

  test("are none that exist, and the key only where that is asked for", async () => {
    const { definitions } = await portal();
    const mapped = [{ destination_name: "city", valueKind: "text" as const }];
    expect(missingProperties({ match_property: false }, mapped, "erp_number", await definitions())).toEqual(
      [],
    );
  });

  test("may be created by two runs at once, and each is there once", async () => {
    const { hubspot, definitions } = await portal();
    const missing = missingProperties(ALL, MAPPED, "erp_number", await definitions());
    await Promise.all([1, 2, 3].map(() => createProperties(hubspot, "contacts", missing)));
    const names = (await definitions()).map(({ name }) => name);
    expect(names.filter((name) => name === "new_text")).toHaveLength(1);
  });

  test("need a scope of their own, which the error names", async () => {
    const scopes = ["crm.schemas.contacts.read"];
    const { hubspot, definitions } = await portal({ tokens: [{ token: DEFAULT_TOKEN, scopes }] });
    const missing = missingProperties(ALL, MAPPED, null, await definitions());
    await expect(createProperties(hubspot, "contacts", missing)).rejects.toMatchObject({
      code: "RETL_HUBSPOT_FORBIDDEN",
      message: expect.stringContaining("crm.schemas.contacts.write"),
    });
  });

  test("that HubSpot does not take are all named with its reason, and an answer that is lost is no success", async () => {
    const { hubspot, definitions } = await portal();
    const wrong = missingProperties(
      { match_property: false, group_name: "nowhere" },
      MAPPED,
      null,
      await definitions(),
    );
    await expect(createProperties(hubspot, "contacts", wrong)).rejects.toMatchObject({
      code: "RETL_HUBSPOT_REFUSED",
      message: expect.stringMatching(/VALIDATION_ERROR.*new_text.*new_bool/s),
    });
    const lost = await portal({
      faults: [{ match: { path: "batch/create" }, times: "always", action: { reply: "reset" } }],
    });
    await expect(createProperties(lost.hubspot, "contacts", wrong)).rejects.toMatchObject({
      code: "RETL_HUBSPOT_UNREACHABLE",
    });
  });
});
