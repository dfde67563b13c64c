import type { Warehouse } from "../../../f/reverse_etl/warehouse/warehouse.ts";
import { PEOPLE_TABLE, type Person } from "../../support/people_sync.ts";

/** Makes the source table with these rows. */
export async function sourceOf(warehouse: Warehouse, list: readonly Person[]): Promise<void> {
  await warehouse.execute("create schema if not exists retl");
  await warehouse.execute(PEOPLE_TABLE);
  const { from, field } = warehouse.dialect.unfold(
    warehouse.dialect.jsonFrom("?"),
    { id: "text", score: "text", tier: "text" },
    "p",
  );
  await warehouse.execute(
    `insert into retl.people (person_id, score, tier) select ${field.id}, cast(${field.score} as integer), ${field.tier} from ${from}`,
    [JSON.stringify(list)],
  );
}

/** What the warehouse keeps of a run: the score it knows to be in HubSpot, by id, and what was refused. */
export async function keptIn(warehouse: Warehouse) {
  const state = await warehouse.query(
    `select person_id, ${warehouse.dialect.property("payload", "score")} as score, in_doubt
     from retl.people_sync_state where not in_doubt order by person_id`,
  );
  const rejections = await warehouse.query("select person_id, code from retl.people_sync_rejections");
  return {
    state: Object.fromEntries(state.map(({ person_id, score }) => [person_id, score])),
    rejections: rejections.map(({ person_id, code }) => `${person_id} ${code}`).sort(),
  };
}
