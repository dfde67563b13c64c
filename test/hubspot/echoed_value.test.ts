import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decimalText } from "../../f/reverse_etl/hubspot/decimal_text.ts";
import { isSameValue, unconfirmed } from "../../f/reverse_etl/hubspot/echoed_value.ts";

describe("an echoed value", () => {
  test.each([
    ["Ann@Example.com", "ann@example.com"],
    [" Bern ", "Bern"],
    ["10000000", "1.0E7"],
    ["-0.50", "-.5"],
    ["0", "-0.00"],
    ["12345678901234567890.12", "1.234567890123456789012E19"],
    ["2026-08-10T00:00:00.000Z", "2026-08-10T00:00:00Z"],
    ["2026-08-10T02:00:00+02:00", "2026-08-10T00:00:00Z"],
    ["2026-08-10T00:00:00.000Z", "1786320000000"],
    ["1786320000000", "2026-08-10T00:00:00Z"],
    ["1786320000123", "2026-08-10T00:00:00.123Z"],
    ["1969-12-31T23:59:59.999Z", "-1"],
    ["2026-08-10", "1786320000000"],
    ["TRUE", "true"],
    ["b;a", "a;b"],
    [";c", "a;b;c"],
  ])("%s confirms as %s", (sent, held) => {
    expect(isSameValue(sent, held)).toBe(true);
  });

  test.each([
    ["subscriber", "lead"],
    ["Bern", "bern"],
    ["12345678901234567890", "12345678901234567891"],
    ["0.1", "0.10000000000000001"],
    ["2026-08-10T00:00:00.001Z", "2026-08-10T00:00:00Z"],
    ["2026-08-10", "2026-08-11"],
    ["true", "false"],
    ["a;b", "a"],
    ["a;b", "a;b;c"],
    ["ann@example.com", "bob@example.com"],
    ["1", "true"],
    ["x", ""],
    ["", "x"],
    ["2026-02-30", "2026-03-02"],
  ])("%s does not confirm as %s", (sent, held) => {
    expect(isSameValue(sent, held)).toBe(false);
  });

  test("all notations of a decimal compare equal, however long, and different decimals never do", () => {
    const decimal = fc.tuple(fc.bigInt(), fc.integer({ min: 0, max: 40 }));
    fc.assert(
      fc.property(
        decimal,
        decimal,
        fc.integer({ min: 0, max: 5 }),
        ([digits, scale], [otherDigits, otherScale], zeros) => {
          const text = plain(digits, scale);
          expect(decimalText(`${digits}e-${scale}`)).toBe(decimalText(text));
          if (text.includes(".")) expect(decimalText(text + "0".repeat(zeros))).toBe(decimalText(text));
          const same = digits * 10n ** BigInt(otherScale) === otherDigits * 10n ** BigInt(scale);
          expect(decimalText(text) === decimalText(plain(otherDigits, otherScale))).toBe(same);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("a text is never confirmed by an unrelated one", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z ]{1,8}$/), fc.stringMatching(/^[a-z ]{1,8}$/), (sent, held) => {
        expect(isSameValue(sent, held)).toBe(sent.trim() === held.trim());
      }),
    );
  });

  test("the property is named, its value is not", () => {
    const outcome = unconfirmed({ stage: "subscriber" }, { stage: "secret lead" });
    expect(outcome).toMatchObject({ kind: "rejected", code: "VALUE_NOT_TAKEN", property: "stage" });
    expect(JSON.stringify(outcome)).not.toMatch(/subscriber|secret lead/);
  });
});

function plain(digits: bigint, scale: number): string {
  const sign = digits < 0n ? "-" : "";
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, "0");
  return scale === 0 ? sign + text : `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}
