import { acknowledged, type SyncFixture, syncFixture } from "./sync_fixture.ts";

/** A sync that maps one column, `value`, of a type of the engine's. */
export async function withColumn(type: string, mapping: object = {}): Promise<SyncFixture> {
  const fixture = await syncFixture({
    column_mappings: [{ destination_name: "value", snowflake_name: "value", ...mapping }],
  });
  await fixture.warehouse.execute(`alter table retl.hubspot_contacts add column value ${type}`);
  return fixture;
}

/** Syncs one column of one row and answers the text that would be sent; `value` is SQL. */
export async function textOf(type: string, value: string): Promise<string | undefined> {
  const fixture = await withColumn(type);
  await fixture.warehouse.execute(
    `insert into retl.hubspot_contacts (contact_id, value) select '1', ${value}`,
  );
  const [change] = await fixture.push(await fixture.plan("r1"), acknowledged);
  return change?.payload.value;
}
