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
  const [row] = await warehouse.query(
    `select ${warehouse.dialect.textOf("today", "date")} as today from cdnow.replay_day`,
  );
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
  const { dialect } = warehouse;
  const fields = { customer_id: "text", cds: "text", amount: "text" } as const;
  const { from, field } = dialect.unfold(dialect.jsonFrom("?"), fields, "p");
  await warehouse.transaction(async (session) => {
    await session.execute("delete from cdnow.purchases where purchased_on = cast(? as date)", [day]);
    await session.execute(
      `insert into cdnow.purchases (customer_id, purchased_on, cds, amount)
       select ${field.customer_id}, cast(? as date), cast(${field.cds} as integer), cast(${field.amount} as decimal(10, 2)) from ${from}`,
      [day, JSON.stringify(rows)],
    );
    await session.execute("delete from cdnow.replay_day");
    await session.execute("insert into cdnow.replay_day values (cast(? as date))", [day]);
  });
}
