import fc from "fast-check";
import { expect, it } from "vitest";
import { withColumn } from "../support/mapped_column.ts";
import { acknowledged } from "../support/sync_fixture.ts";

/** The texts that would be sent of one column with these values, which are SQL. */
async function textsOf(type: string, values: readonly string[]): Promise<readonly (string | undefined)[]> {
  const fixture = await withColumn(type);
  const rows = values.map((value, index) => `('${index}', ${value})`);
  await fixture.warehouse.execute(
    `insert into retl.hubspot_contacts (contact_id, value) values ${rows.join(", ")}`,
  );
  const changes = await fixture.push(await fixture.plan("r1"), acknowledged);
  const sent = new Map(changes.map(({ id, payload }) => [id, payload.value]));
  return values.map((_, index) => sent.get(`${index}`));
}

const padded = (value: number, length: number) => `${value}`.padStart(length, "0");

/** A number of `unscaled` / 10^scale with all digits of its scale. */
function fixedText(unscaled: bigint, scale: number): string {
  const digits = `${unscaled < 0n ? -unscaled : unscaled}`.padStart(scale + 1, "0");
  const point = digits.length - scale;
  const fraction = scale === 0 ? "" : `.${digits.slice(point)}`;
  return `${unscaled < 0n ? "-" : ""}${digits.slice(0, point)}${fraction}`;
}

it("any number of 38 digits and any scale is sent as exactly its digits, without zeros at the end", async () => {
  const most = 10n ** 38n - 1n;
  const digits = fc.oneof(
    fc.bigInt({ min: -most, max: most }),
    fc.bigInt({ min: -1_000n, max: 1_000n }),
    fc.integer({ min: 0, max: 37 }).map((zeros) => 10n ** BigInt(zeros)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 37 }),
      fc.array(digits, { minLength: 20, maxLength: 40 }),
      async (scale, numbers) => {
        // The emulator keeps whole numbers of 64 bits.
        const kept = scale === 0 ? numbers.map((number) => number % 10n ** 18n) : numbers;
        const written = kept.map((number) => fixedText(number, scale));
        const expected = written.map((text) => (scale === 0 ? text : text.replace(/\.?0+$/, "")));
        const type = `decimal(38, ${scale})`;
        expect(
          await textsOf(
            type,
            written.map((text) => `cast('${text}' as ${type})`),
          ),
        ).toEqual(expected);
      },
    ),
    {
      numRuns: 8,
      examples: [
        [0, [0n, most, -most]],
        [37, [1n, -1n, most, 0n]],
      ],
    },
  );
});

it("any moment of the years 1 to 9999, in any zone, is sent in UTC with its milliseconds", async () => {
  const DAY = 86_400_000;
  const moment = fc.record({
    // A day from either end, so that the year in the zone has four digits, too.
    at: fc.integer({
      min: Date.parse("0001-01-02T00:00:00Z"),
      max: Date.parse("9999-12-30T23:59:59.999Z"),
    }),
    micros: fc.integer({ min: 0, max: 999 }),
    offset: fc.integer({ min: -14 * 60, max: 14 * 60 }),
  });
  const local = (at: number, micros: number) => {
    const iso = new Date(at).toISOString();
    return `${iso.slice(0, 10)} ${iso.slice(11, 23)}${padded(micros, 3)}`;
  };
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { minLength: 40, maxLength: 80 }), async (moments) => {
      const expected = moments.map(({ at }) => new Date(at).toISOString());
      const zoned = moments.map(({ at, micros, offset }) => {
        const size = Math.abs(offset);
        const zone = `${offset < 0 ? "-" : "+"}${padded(Math.floor(size / 60), 2)}:${padded(size % 60, 2)}`;
        return `cast('${local(at + offset * 60_000, micros)}${zone}' as timestamptz)`;
      });
      expect(await textsOf("timestamptz", zoned)).toEqual(expected);
      const plain = moments.map(({ at, micros }) => `cast('${local(at, micros)}' as timestamp)`);
      expect(await textsOf("timestamp", plain)).toEqual(expected);
      const days = moments.map(({ at }) => `cast('${local(at - (at % DAY), 0).slice(0, 10)}' as date)`);
      expect(await textsOf("date", days)).toEqual(
        moments.map(({ at }) => new Date(at - (at % DAY)).toISOString().slice(0, 10)),
      );
    }),
    { numRuns: 5 },
  );
});
