import { expect, test } from "vitest";
import {
  ALL_DAYS,
  FIRST_DAY,
  parsePurchases,
  readPurchases,
  replayDay,
  replayDayNumber,
} from "../../../local/demo/purchases.ts";

test("the demo's own copy of the data set is whole", async () => {
  const purchases = await readPurchases();
  const customers = new Set(purchases.map(({ customerId }) => customerId));
  const days = purchases.map(({ day }) => day).sort();

  expect(purchases).toHaveLength(69_659);
  expect(customers.size).toBe(23_570);
  expect(purchases.reduce((cents, purchase) => cents + purchase.cents, 0)).toBe(2_500_315_63);
  expect(purchases.reduce((cds, purchase) => cds + purchase.cds, 0)).toBe(167_881);
  expect(days[0]).toBe(FIRST_DAY);
  expect(days.at(-1)).toBe(replayDay(ALL_DAYS));
});

test("a line is read with its money in whole cents", () => {
  expect(
    parsePurchases(" customer_id date number_of_cds dollar_value\r\n 00004 19970118  2   29.33\r\n"),
  ).toEqual([{ customerId: "00004", day: "1997-01-18", cds: 2, cents: 2933 }]);
});

test("a line that is no purchase is named by its number", () => {
  expect(() => parsePurchases("header\n 00004 19970118  2   29.33\n 00004 19970118  2\n")).toThrow(/line 3/);
});

test("days of the replay count from 1", () => {
  expect(replayDay(1)).toBe("1997-01-01");
  expect(replayDay(60)).toBe("1997-03-01");
  expect(replayDayNumber("1998-06-30")).toBe(ALL_DAYS);
});
