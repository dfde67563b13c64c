import type { Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";
import type { Purchase } from "./purchases.ts";

/** Creates what the models read: the shop's purchases and the day that the replay stands at. */
export async function createPurchaseTables(warehouse: Warehouse): Promise<void> {
  await warehouse.execute("create schema if not exists cdnow");
  await warehouse.execute(
    "create table if not exists cdnow.purchases (customer_id varchar, purchased_on date, cds integer, amount decimal(10, 2))",
  );
  await warehouse.execute("create table if not exists cdnow.replay_day (today date)");
}

/** The day that the replay stands at, as `YYYY-MM-DD`; null before the first. */
export async function readReplayDay(warehouse: Warehouse): Promise<string | null> {
  const [row] = await warehouse.query("select strftime(today, '%Y-%m-%d') as today from cdnow.replay_day");
  return row?.today ?? null;
}

/** Moves the replay to a day with that day's purchases, in one transaction; loading a day again changes nothing. */
export async function loadDay(
  warehouse: Warehouse,
  day: string,
  purchases: readonly Purchase[],
): Promise<void> {
  const rows = purchases.map(({ customerId, cds, cents }) => ({
    customer_id: customerId,
    cds,
    amount: `${Math.floor(cents / 100)}.${`${cents % 100}`.padStart(2, "0")}`,
  }));
  await warehouse.transaction(async (session) => {
    await session.execute("delete from cdnow.purchases where purchased_on = cast(? as date)", [day]);
    await session.execute(
      "insert into cdnow.purchases select p.customer_id, cast(? as date), p.cds, cast(p.amount as decimal(10, 2)) " +
        `from (select unnest(from_json(cast(? as json), '[{"customer_id":"VARCHAR","cds":"INTEGER","amount":"VARCHAR"}]')) as p)`,
      [day, JSON.stringify(rows)],
    );
    await session.execute("delete from cdnow.replay_day");
    await session.execute("insert into cdnow.replay_day values (cast(? as date))", [day]);
  });
}
