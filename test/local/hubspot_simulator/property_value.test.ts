import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalNumber } from "../../../local/hubspot_simulator/number_text.ts";
import { startPortal } from "./portal_client.ts";

/** What a contact holds after `value` was sent for `property`, or the code with which it was refused. */
async function stored(property: string, ...values: unknown[]): Promise<unknown[]> {
  const portal = await startPortal();
  const seen: unknown[] = [];
  for (const value of values) {
    const answer = await portal.send("POST", "/crm/v3/objects/contacts", {
      properties: { [property]: value },
    });
    if (answer.status === 201) seen.push(answer.body.properties[property]);
    else seen.push(answer.body.errors[0].code);
  }
  return seen;
}

describe("values are kept as text in one form", () => {
  test("an email is lower-cased and trimmed, and refused when it is none", async () => {
    expect(
      await stored("email", " Ada@Example.COM ", "ada", "ada@example", "ada@example.cpm", "a b@example.com"),
    ).toEqual(["ada@example.com", "INVALID_EMAIL", "INVALID_EMAIL", "INVALID_EMAIL", "INVALID_EMAIL"]);
  });

  test("a number has no exponent, no needless zero and keeps every digit", async () => {
    expect(
      await stored(
        "purchases",
        "1.50",
        "1e3",
        "-0",
        "+7",
        ".5",
        "007",
        5,
        "12345678901234567890.10",
        "1,000",
        "ten",
      ),
    ).toEqual([
      "1.5",
      "1000",
      "0",
      "7",
      "0.5",
      "7",
      "5",
      "12345678901234567890.1",
      "INVALID_INTEGER",
      "INVALID_INTEGER",
    ]);
  });

  test("canonical numbers mean what was written, whatever the exponent", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(Number(canonicalNumber(String(number)))).toBe(number === 0 ? 0 : number);
        expect(canonicalNumber(String(number))).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
      }),
    );
  });

  test("a date is a day or a midnight in UTC", async () => {
    expect(
      await stored(
        "first_purchase",
        "2024-02-29",
        "1709164800000",
        "1709179200000",
        "2024-02-30",
        "29.2.2024",
      ),
    ).toEqual(["2024-02-29", "2024-02-29", "INVALID_DATE", "INVALID_LONG", "INVALID_LONG"]);
  });

  test("a moment is shown in UTC with milliseconds, and needs a zone", async () => {
    expect(
      await stored(
        "last_seen",
        "2024-01-01T00:00:00Z",
        "2024-01-01T02:30:00.5+02:00",
        "1704067200001",
        "2024-01-01T00:00:00",
      ),
    ).toEqual([
      "2024-01-01T00:00:00.000Z",
      "2024-01-01T00:30:00.500Z",
      "2024-01-01T00:00:00.001Z",
      "INVALID_LONG",
    ]);
  });

  test("an option is compared exactly, and several are joined by semicolons without blanks", async () => {
    expect(await stored("tier", "silver", "Silver", "silver;bronze")).toEqual([
      "silver",
      "INVALID_OPTION",
      "INVALID_OPTION",
    ]);
    expect(await stored("interests", "music;film", "music; film", ";books")).toEqual([
      "music;film",
      "INVALID_OPTION",
      "books",
    ]);
    expect(await stored("active", "true", false, "yes")).toEqual(["true", "false", "INVALID_OPTION"]);
  });

  test("what HubSpot keeps for itself cannot be set", async () => {
    expect(await stored("hs_object_id", "1")).toEqual(["READ_ONLY_VALUE"]);
    expect(await stored("lastmodifieddate", "2024-01-01")).toEqual(["READ_ONLY_VALUE"]);
  });

  test("a portal in Java's form shows large numbers with an exponent and no zero milliseconds", async () => {
    const portal = await startPortal({ valueForm: "java" });
    const [id] = await portal.contacts({ purchases: "-12345678.5", last_seen: "2024-01-01T00:00:00.000Z" });
    const read = await portal.send("GET", `/crm/v3/objects/contacts/${id}?properties=purchases,last_seen`);
    expect(read.body.properties).toMatchObject({
      purchases: "-1.23456785E7",
      last_seen: "2024-01-01T00:00:00Z",
    });
  });
});

describe("values that do not simply replace", () => {
  test("an empty text clears a property, and null leaves it alone", async () => {
    const portal = await startPortal();
    const [id] = await portal.contacts({ firstname: "Ada", lastname: "L" });
    const path = `/crm/v3/objects/contacts/${id}`;
    const written = await portal.send("PATCH", path, { properties: { firstname: "", lastname: null } });
    expect(written.body.properties).toMatchObject({ firstname: "", lastname: "L" });
    const read = await portal.send(
      "GET",
      `${path}?properties=firstname&properties=lastname&properties=unheard_of`,
    );
    expect(read.body.properties).toMatchObject({ firstname: null, lastname: "L" });
    expect(read.body.properties).not.toHaveProperty("unheard_of");
  });

  test("the answer to a write shows a cleared property as null or not at all where it is told to", async () => {
    for (const [echoCleared, shown] of [
      ["null", null],
      ["omitted", undefined],
    ] as const) {
      const portal = await startPortal({ echoCleared });
      const { body } = await portal.batch("create", [{ properties: { firstname: "" } }]);
      expect(body.results[0].properties.firstname).toBe(shown);
    }
  });

  test("a lifecycle stage does not go back unless it is cleared first", async () => {
    const portal = await startPortal();
    const [id] = await portal.contacts({ lifecyclestage: "customer" });
    const stage = async (lifecyclestage: string): Promise<string> => {
      const answer = await portal.send("PATCH", `/crm/v3/objects/contacts/${id}`, {
        properties: { lifecyclestage },
      });
      expect(answer.status).toBe(200);
      return answer.body.properties.lifecyclestage;
    };
    expect(await stage("lead")).toBe("customer");
    expect(await stage("evangelist")).toBe("evangelist");
    expect(await stage("")).toBe("");
    expect(await stage("lead")).toBe("lead");
  });

  test("options with a leading semicolon are added to those that are there", async () => {
    const portal = await startPortal();
    const [id] = await portal.contacts({ interests: "music" });
    const answer = await portal.send("PATCH", `/crm/v3/objects/contacts/${id}`, {
      properties: { interests: ";film;music" },
    });
    expect(answer.body.properties.interests).toBe("music;film");
  });
});
