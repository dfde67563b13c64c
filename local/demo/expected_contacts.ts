import type { ExpectedContacts } from "./compare_contacts.ts";
import type { Purchase } from "./purchases.ts";

/**
 * What each customer's contact must hold on a day, computed from the purchases alone.
 *
 * This is the check on everything else, so it shares nothing with the models, the mapping or the diff: the rules are written down
 * once more, after the descriptions of the columns in `sql/dbt/models/schema.yml`. Money is in whole cents and scores in tenths.
 */
export function expectedContacts(purchases: readonly Purchase[], today: string): ExpectedContacts {
  const customers = new Map<string, Purchase[]>();
  for (const purchase of purchases) {
    if (purchase.day > today) continue;
    const known = customers.get(purchase.customerId);
    if (known === undefined) customers.set(purchase.customerId, [purchase]);
    else known.push(purchase);
  }
  return new Map([...customers].map(([customer, own]) => [customer, contactOf(own, today)]));
}

function contactOf(purchases: readonly Purchase[], today: string): Record<string, string> {
  const spent = purchases.reduce((cents, purchase) => cents + purchase.cents, 0);
  const paid = purchases.filter((purchase) => purchase.cents > 0).length;
  const days = [...new Set(purchases.map((purchase) => purchase.day))].sort();
  const [first = ""] = days;
  const last = days.at(-1) ?? "";
  const silentDays = (Date.parse(today) - Date.parse(last)) / 86_400_000;
  const tier = tierOf(spent, silentDays);
  return {
    number_of_purchases: `${purchases.length}`,
    cds_bought: `${purchases.reduce((cds, purchase) => cds + purchase.cds, 0)}`,
    total_spent: shifted(spent, 2),
    average_order: paid === 0 ? "" : shifted(roundedQuotient(spent, paid), 2),
    first_purchase_on: first,
    last_purchase_on: last,
    last_seen_at: `${last}T12:00:00.000Z`,
    engagement_score: shifted(scoreTenths(silentDays, purchases.length, spent), 1),
    tier,
    is_repeat_buyer: `${days.length > 1}`,
    win_back_offer: offerOf(tier, spent),
  };
}

function scoreTenths(silentDays: number, purchases: number, spent: number): number {
  const recency = silentDays < 7 ? 400 : silentDays < 30 ? 250 : silentDays < 90 ? 100 : 0;
  const frequency = purchases >= 10 ? 400 : purchases >= 4 ? 275 : purchases >= 2 ? 150 : 75;
  const money = spent >= 200_00 ? 200 : spent >= 75_00 ? 100 : 0;
  return recency + frequency + money;
}

function tierOf(spent: number, silentDays: number): string {
  if (silentDays >= 90) return "lapsed";
  const tiers = ["bronze", "silver", "gold"];
  const earned = spent >= 200_00 ? 2 : spent >= 75_00 ? 1 : 0;
  return tiers[Math.max(0, silentDays >= 30 ? earned - 1 : earned)] ?? "";
}

function offerOf(tier: string, spent: number): string {
  if (tier !== "lapsed") return "";
  return spent >= 75_00 ? "Free shipping on the next order" : "10 % off the next order";
}

/** A quotient of whole numbers, a half rounded up, without ever leaving whole numbers. */
function roundedQuotient(dividend: number, divisor: number): number {
  const doubled = 2 * dividend + divisor;
  return (doubled - (doubled % (2 * divisor))) / (2 * divisor);
}

/** A whole number of hundredths (or tenths) as a plain decimal without trailing zeros: 1150 hundredths are `11.5`. */
function shifted(whole: number, places: number): string {
  const digits = `${whole}`.padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/, "");
  return fraction === "" ? digits.slice(0, -places) : `${digits.slice(0, -places)}.${fraction}`;
}
