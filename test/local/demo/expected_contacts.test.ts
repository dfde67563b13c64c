import { expect, test } from "vitest";
import { expectedContacts } from "../../../local/demo/expected_contacts.ts";
import type { Purchase } from "../../../local/demo/purchases.ts";

function bought(day: string, cents: number, cds = 1, customerId = "00001"): Purchase {
  return { customerId, day, cds, cents };
}

function contact(purchases: readonly Purchase[], today: string) {
  return expectedContacts(purchases, today).get("00001");
}

test("every property of a customer follows from the purchases", () => {
  const purchases = [
    bought("1997-01-01", 1177, 1),
    bought("1997-01-01", 0, 2),
    bought("1997-01-12", 7700, 5),
  ];
  expect(contact(purchases, "1997-01-13")).toEqual({
    number_of_purchases: "3",
    cds_bought: "8",
    total_spent: "88.77",
    average_order: "44.39",
    first_purchase_on: "1997-01-01",
    last_purchase_on: "1997-01-12",
    last_seen_at: "1997-01-12T12:00:00.000Z",
    engagement_score: "65",
    tier: "silver",
    is_repeat_buyer: "true",
    win_back_offer: "",
  });
});

test("purchases after the day do not count, and a customer without an earlier one is none yet", () => {
  const purchases = [
    bought("1997-01-01", 1000),
    bought("1997-01-03", 500),
    bought("1997-01-03", 100, 1, "00002"),
  ];
  const contacts = expectedContacts(purchases, "1997-01-02");
  expect([...contacts.keys()]).toEqual(["00001"]);
  expect(contacts.get("00001")?.total_spent).toBe("10");
});

test("several purchases on one day do not make a repeat buyer", () => {
  expect(contact([bought("1997-01-01", 100), bought("1997-01-01", 100)], "1997-01-01")?.is_repeat_buyer).toBe(
    "false",
  );
});

test.each([
  [0, "gold", ""],
  [29, "gold", ""],
  [30, "silver", ""],
  [89, "silver", ""],
  [90, "lapsed", "Free shipping on the next order"],
])("200 dollars spent %i days ago make a %s customer", (days, tier, offer) => {
  const today = new Date(Date.UTC(1997, 0, 1 + days)).toISOString().slice(0, 10);
  expect(contact([bought("1997-01-01", 200_00)], today)).toMatchObject({ tier, win_back_offer: offer });
});

test("a bronze customer stays bronze until the tier lapses", () => {
  const purchases = [bought("1997-01-01", 74_99)];
  expect(contact(purchases, "1997-03-31")).toMatchObject({ tier: "bronze", win_back_offer: "" });
  expect(contact(purchases, "1997-04-01")).toMatchObject({
    tier: "lapsed",
    win_back_offer: "10 % off the next order",
  });
});

test.each([
  [1, 0, "47.5"],
  [2, 7, "40"],
  [4, 29, "52.5"],
  [10, 30, "50"],
  [10, 90, "40"],
])("%i purchases of a dollar, the last %i days ago, score %s", (count, days, score) => {
  const today = new Date(Date.UTC(1997, 0, 1 + days)).toISOString().slice(0, 10);
  const purchases = Array.from({ length: count }, () => bought("1997-01-01", 100));
  expect(contact(purchases, today)?.engagement_score).toBe(score);
});

test("an average is rounded to whole cents, a half up, and free purchases do not count", () => {
  const average = (...cents: number[]) =>
    contact(
      cents.map((amount) => bought("1997-01-01", amount)),
      "1997-01-01",
    )?.average_order;
  expect(average(100, 101)).toBe("1.01");
  expect(average(100, 100, 101)).toBe("1");
  expect(average(100, 101, 101)).toBe("1.01");
  expect(average(250, 0)).toBe("2.5");
  expect(average(0)).toBe("");
});

test("money has no trailing zeros and nothing spent is 0", () => {
  const spent = (cents: number) => contact([bought("1997-01-01", cents)], "1997-01-01")?.total_spent;
  expect([spent(0), spent(5), spent(50), spent(1100), spent(123450)]).toEqual([
    "0",
    "0.05",
    "0.5",
    "11",
    "1234.5",
  ]);
});
