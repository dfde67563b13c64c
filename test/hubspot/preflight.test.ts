import { describe, expect, onTestFinished, test } from "vitest";
import { hubspotFromResource } from "../../f/reverse_etl/hubspot/resource.ts";
import { preflight } from "../../f/reverse_etl/hubspot_preflight.ts";
import type { SyncInput } from "../../f/reverse_etl/sync/sync_config.ts";
import { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import { type StartOptions, startSimulator } from "../../local/hubspot_simulator/server.ts";
import { DEFAULT_TOKEN } from "../../local/hubspot_simulator/settings.ts";
import { syncFixture } from "../support/sync_fixture.ts";

const PROPERTIES = [
  { name: "customer_number", type: "string" as const, hasUniqueValue: true },
  { name: "score", type: "number" as const },
  { name: "tier", type: "enumeration" as const, options: ["gold", "silver"] },
];

type Setup = {
  readonly sync?: Partial<SyncInput>;
  readonly simulator?: StartOptions;
  readonly token?: string;
};

/** A sync with a source table and a portal, and what the preflight says of them. */
async function world({ sync = {}, simulator = {}, token = DEFAULT_TOKEN }: Setup = {}) {
  const fixture = await syncFixture(sync);
  const running = await startSimulator({
    objects: [{ name: "contacts", properties: PROPERTIES }],
    ...simulator,
  });
  onTestFinished(() => running.close());
  const hubspot = hubspotFromResource({ token, base_url: running.url }, 5_000);
  const counters = async () =>
    (await (await fetch(`${running.url}/_simulator/counters`)).json()) as { writeCalls: number };
  return {
    fixture,
    counters,
    url: running.url,
    check: () => preflight(hubspot, new SyncSession(fixture.warehouse, fixture.sync)),
  };
}

const brief = (problems: readonly { readonly property: string; readonly code: string }[]) =>
  problems.map(({ property, code }) => `${property} ${code}`);

describe("the preflight", () => {
  test("of a sync that fits finds nothing, and writes nothing", async () => {
    const { fixture, check, counters } = await world();
    await fixture.source([["1", "5", "gold"]]);
    expect(await check()).toEqual({ object_type: "contacts", properties: 2, problems: [], creates: [] });
    expect((await counters()).writeCalls).toBe(0);
  });

  test("lists every problem at once, each with its fix", async () => {
    const { fixture, check, url } = await world({
      sync: {
        match_property: "city",
        column_mappings: [
          { destination_name: "scor", snowflake_name: "score" },
          { destination_name: "hs_email_domain", snowflake_name: "tier" },
          { destination_name: "createdate", snowflake_name: "tier" },
          { destination_name: "score", snowflake_name: "extra" },
          { destination_name: "numberless", snowflake_name: "tier" },
        ],
      },
      simulator: {
        objects: [{ name: "contacts", properties: [...PROPERTIES, { name: "numberless", type: "string" }] }],
      },
    });
    await fetch(`${url}/crm/v3/properties/contacts/numberless`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${DEFAULT_TOKEN}` },
    });
    await fixture.source([["1", "5", "gold"]]);
    const { problems } = await check();
    expect(brief(problems).sort()).toEqual([
      "city KEY_NOT_UNIQUE",
      "createdate PROPERTY_READ_ONLY",
      "createdate PROPERTY_TYPE",
      "hs_email_domain PROPERTY_CALCULATED",
      "numberless PROPERTY_ARCHIVED",
      "scor PROPERTY_MISSING",
    ]);
    expect(problems.find(({ property }) => property === "scor")?.fix).toContain("score");
    expect(problems.every(({ fix, problem }) => fix.length > 10 && problem.length > 10)).toBe(true);
  });

  test("counts the rows of each option that the data has and the property lacks", async () => {
    const { fixture, check } = await world();
    const tiers = ["gold", "iron", "iron", "Silver", null, ""];
    await fixture.source(tiers.map((tier, index) => [`${index}`, "1", tier] as const));
    const { problems } = await check();
    expect(brief(problems)).toEqual(["tier OPTION_MISSING"]);
    expect(problems[0]?.problem).toBe(
      'the data has options that it lacks: "iron" (2 rows), "Silver" (1 row)',
    );
  });

  test("splits texts with several options where the property takes several", async () => {
    const { fixture, check } = await world({
      simulator: {
        objects: [
          {
            name: "contacts",
            properties: PROPERTIES.map((property) =>
              property.name === "tier" ? { ...property, fieldType: "checkbox" } : property,
            ),
          },
        ],
      },
    });
    await fixture.source([
      ["1", "1", "gold;silver"],
      ["2", "1", "gold;iron"],
      ["3", "1", "iron;wood;iron"],
      ["4", "1", ";silver"],
    ]);
    const { problems } = await check();
    expect(problems[0]?.problem).toBe('the data has options that it lacks: "iron" (2 rows), "wood" (1 row)');
  });

  test("names twenty options at most, and none of what looks like free text or an address", async () => {
    const { fixture, check } = await world();
    await fixture.source(
      Array.from({ length: 30 }, (_, index) => [`${index}`, "1", `option ${index}`] as const),
    );
    const [many] = (await check()).problems;
    expect(many?.problem.match(/"option/g)).toHaveLength(20);
    expect(many?.problem).toContain("and 10 more");
    await fixture.source([["1", "1", "ada@example.com"]]);
    expect((await check()).problems[0]?.problem).not.toContain("ada");
    await fixture.source(
      Array.from({ length: 101 }, (_, index) => [`${index}`, "1", `text ${index}`] as const),
    );
    const [free] = (await check()).problems;
    expect(free?.problem).toBe("more than 100 different values of the data are no options of it");
  });

  test("says that an object type is unknown, a token refused, or which scopes it lacks", async () => {
    const unknown = await world({ sync: { object_type: "nonsense" } });
    expect(brief((await unknown.check()).problems)).toEqual(["object_type OBJECT_TYPE_UNKNOWN"]);
    const refused = await world({ token: "someone-elses" });
    const refusals = (await refused.check()).problems;
    expect(brief(refusals)).toEqual(["token TOKEN_REFUSED"]);
    expect(`${refusals[0]?.problem}. ${refusals[0]?.fix}`).not.toMatch(/\.\)?\./);
    const scopes = ["crm.objects.contacts.read", "crm.schemas.contacts.read"];
    const limited = await world({ simulator: { tokens: [{ token: DEFAULT_TOKEN, scopes }] } });
    await limited.fixture.source([["1", "5", "gold"]]);
    const { problems } = await limited.check();
    expect(problems).toMatchObject([
      {
        property: "token",
        code: "SCOPE_MISSING",
        problem: expect.stringContaining("crm.objects.contacts.write"),
      },
    ]);
  });

  test("says what a run would create instead of calling it missing, where the sync lets it", async () => {
    const simulator = { objects: [] };
    const { check } = await world({ sync: { create_missing_properties: true }, simulator });
    const report = await check();
    expect(report.creates).toEqual(["score", "tier"]);
    expect(brief(report.problems)).toEqual(["customer_number PROPERTY_MISSING"]);
    const all = await world({ sync: { create_missing_properties: { match_property: true } }, simulator });
    expect(await all.check()).toMatchObject({ creates: ["customer_number", "score", "tier"], problems: [] });
  });

  test("email is a key of contacts only", async () => {
    const { fixture, check } = await world({ sync: { match_property: "email" } });
    await fixture.source([["1", "5", "gold"]]);
    expect((await check()).problems).toEqual([]);
  });
});
