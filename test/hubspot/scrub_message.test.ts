import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judge } from "../../f/reverse_etl/hubspot/judge_answer.ts";
import { scrubMessage } from "../../f/reverse_etl/hubspot/scrub_message.ts";
import type { HubSpotAnswer } from "../../f/reverse_etl/sync/hubspot_port.ts";

test.each([
  ["Email address foo bar@x.example is invalid", ["foo bar@x.example"], "Email address … is invalid"],
  ['Property "tier" does not exist', [], 'Property "tier" does not exist'],
  [
    "Purple was not one of the allowed options: [gold, silver]",
    ["Purple"],
    "… was not one of the allowed options: […]",
  ],
  ["Contact already exists. Existing ID: 171591000198", [], "Contact already exists. Existing ID: …"],
  [
    "Cannot set PropertyValueCoordinates{objectType=COMPANY, propertyName=tier, value=Some Place} on 48. 51 already has that value.",
    [],
    "Cannot set PropertyValueCoordinates{objectType=COMPANY, propertyName=tier, value=…} on …. … already has that value.",
  ],
])("%s", (message, values, scrubbed) => {
  expect(scrubMessage(message, values, ["tier"])).toBe(scrubbed);
});

test("a rejection never repeats a value of the row, wherever HubSpot puts it", () => {
  const word = fc.stringMatching(/^[a-z]{4,12}( [a-z]{4,12})?$/).map((text) => `zq${text}`);
  fc.assert(
    fc.property(
      word,
      word,
      fc.constantFrom(" is invalid", ": not a valid option", " already has it"),
      (name, city, rest) => {
        const input = { traceId: "t", id: name, properties: { city } };
        const sentence = `${name}${rest}, "${city}" or ${city.toUpperCase()}`;
        const inner = JSON.stringify([{ isValid: false, message: sentence, error: "INVALID", name: "city" }]);
        for (const message of [sentence, `Property values were not valid: ${inner}`]) {
          const body = JSON.stringify({ category: "VALIDATION_ERROR", message });
          const answer: HubSpotAnswer = { kind: "answered", status: 400, headers: {}, body, latencyMs: 1 };
          const verdict = JSON.stringify(
            judge({ objectType: "x", action: "update", inputs: [input] }, answer),
          ).toLowerCase();
          expect(verdict).not.toContain(name);
          expect(verdict).not.toContain(city);
        }
      },
    ),
  );
});

describe("a value of any length", () => {
  const long = Array.from({ length: 20_000 }, (_, index) => `word${index} `)
    .join("")
    .trim();

  test("that HubSpot does not repeat costs nothing of its sentence", () => {
    expect(scrubMessage("The note is too long", [long], [])).toBe("The note is too long");
  });

  test("that HubSpot repeats, as it is, in other letters or only its beginning, is left out", () => {
    for (const said of [long, long.toUpperCase(), long.slice(0, 90)]) {
      expect(scrubMessage(`The note ${said} is too long`, [long], [])).toMatch(/^The note …/);
      expect(scrubMessage(`The note ${said} is too long`, [long], []).toLowerCase()).not.toContain("word");
    }
  });

  test("never keeps an answer from being judged", () => {
    const body = JSON.stringify({ category: "VALIDATION_ERROR", message: "Another property is wrong" });
    const answer: HubSpotAnswer = { kind: "answered", status: 400, headers: {}, body, latencyMs: 1 };
    const inputs = [{ traceId: "t", id: "1", properties: { note: "🙂".repeat(32_000) } }];
    expect(judge({ objectType: "x", action: "update", inputs }, answer)).toMatchObject({
      outcomes: [{ kind: "rejected" }],
    });
  });
});

test("a message has at most 200 characters", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 2_000 }),
      fc.string({ unit: "binary" }),
      (message, value) => {
        expect(scrubMessage(message, [value], []).length).toBeLessThanOrEqual(200);
      },
    ),
  );
});
