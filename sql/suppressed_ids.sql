-- Common to the statements that leave suppressed rows out: the ids of the list, and those of rows that the source does not have and whose
-- records rows of the list have.
listed_ids as {{ materialized }} (
  select distinct {{ suppressed_id }} as id from {{ suppressions }}
),
suppressed as {{ materialized }} (
  select id from listed_ids where id is not null
  union
  select t.{{ id }} as id
  from {{ state }} as t
  join {{ state }} as holder on holder.hubspot_id = t.hubspot_id
  join listed_ids on listed_ids.id = holder.{{ id }}
  left join (select {{ source_id }} as id from {{ source }}) as present on present.id = t.{{ id }}
  where present.id is null
)
