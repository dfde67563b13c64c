import type { SyncInput } from "../../f/reverse_etl/sync/sync_config.ts";
import { type Answer, acknowledged, type SyncFixture, syncFixture } from "../support/sync_fixture.ts";

export const LIST = { suppressions: { table: "erased_people" } };
const TABLES = ["", "_journal", "_state", "_rejections", "_fold", "_lease"].map(
  (suffix) => `hubspot_contacts_sync${suffix}`,
);

export interface Suppressing extends SyncFixture {
  /** Replaces the list. */
  list(...ids: readonly (string | null)[]): Promise<void>;
}

export async function suppressing(overrides: Partial<SyncInput> = {}): Promise<Suppressing> {
  const fixture = await syncFixture({ ...LIST, ...overrides });
  await fixture.warehouse.execute("create table retl.erased_people (contact_id varchar)");
  return {
    ...fixture,
    async list(...ids) {
      await fixture.warehouse.execute("delete from retl.erased_people");
      for (const id of ids)
        await fixture.warehouse.execute("insert into retl.erased_people values (?)", [id]);
    },
  };
}

/** Rows of Tailrace's own tables that have a text anywhere, by table. */
export async function found(fixture: SyncFixture, text: string): Promise<string[]> {
  const rows = await Promise.all(
    [...TABLES, "retl_runs", "asset_events", "retl_alerts"].map(async (table) =>
      (await fixture.rows(`select * from retl.${table}`)).map((row) => `${table} ${JSON.stringify(row)}`),
    ),
  );
  return rows.flat().filter((row) => row.includes(text));
}

export const except =
  (id: string, answer: Answer): Answer =>
  (change) =>
    change.id === id ? answer(change) : acknowledged(change);

export const THREE = [
  ["1", "10", "gold"],
  ["2", "4711", "secret-tier"],
  ["3", "30", "gold"],
] as const;
export const CHANGED = [
  ["1", "11", "gold"],
  ["2", "4712", "secret-tier"],
  ["3", "30", "gold"],
] as const;
