import type { WarehouseSession } from "../f/reverse_etl/warehouse/warehouse.ts";
import { COLUMN_NAMES } from "./synthetic_source.ts";

/**
 * The sync template of the article that this product comes from, statement for statement in DuckDB's dialect: the previous state is
 * put together from every payload ever written. Its Python UDF is plain SQL here, which is faster than a UDF.
 */
export async function createSeedTable(session: WarehouseSession): Promise<void> {
  await session.execute(
    "create or replace table retl.people_seed (updated_at timestamp, person_id varchar, payload varchar, batch_number integer)",
  );
}

/** Detects changes and marks them as synced, as the article does; answers the rows inserted. */
export function runSeed(session: WarehouseSession, round: number): Promise<number> {
  const current = `to_json(struct_pack(${COLUMN_NAMES.map((name) => `${name} := ${name}`).join(", ")}))`;
  const changed = COLUMN_NAMES.map(
    (name) =>
      `'${name}', case when (c.curr_payload -> '${name}') is distinct from (p.prev_payload -> '${name}') then c.curr_payload -> '${name}' end`,
  );
  return session.execute(`
    insert into retl.people_seed (updated_at, person_id, payload, batch_number)
    with curr_state_obj as (
      select person_id, ${current} as curr_payload from retl.people where person_id is not null
    ),
    last_values as (
      select st.person_id, f.key as prev_k, f.value as prev_v
      from retl.people_seed as st, json_each(st.payload) as f
      qualify row_number() over (partition by st.person_id, f.key order by st.updated_at desc) = 1
    ),
    prev_state_obj as (
      select person_id, json_group_object(prev_k, prev_v) as prev_payload from last_values group by person_id
    ),
    payloads as (
      select c.person_id, json_merge_patch('{}', json_object(${changed.join(", ")})) as payload
      from curr_state_obj as c
      left join prev_state_obj as p on p.person_id = c.person_id
      where p.prev_payload is null or c.curr_payload <> p.prev_payload
    )
    select
      timestamp '2024-01-01' + to_hours(${round}),
      person_id,
      payload,
      (row_number() over (order by person_id) - 1) % 100 + 1
    from payloads
    where payload <> '{}'`);
}
