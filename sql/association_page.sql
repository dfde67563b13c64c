select
  cast(a.seq as varchar) as seq,
  a.association_id,
  a.from_hubspot_id,
  a.to_hubspot_id,
  a.category,
  a.type_id,
  cast(a.in_doubt as varchar) as in_doubt
  {%- if sharing %},
  -- Whether another association of ours between the two records is to stay.
  cast(kept.from_hubspot_id is not null as varchar) as is_shared
  {%- endif %}
from {{ associations }} as a
{%- if sharing %}
left join (
  select distinct from_hubspot_id, to_hubspot_id
  from {{ associations }}
  where to_object_type = {{ to_object_type }}
    and (operation = 'create' or (operation is null and (acknowledged_at is not null or in_doubt)))
) as kept on kept.from_hubspot_id = a.from_hubspot_id and kept.to_hubspot_id = a.to_hubspot_id
{%- endif %}
where a.run_id = ?
  and a.operation = ?
  and a.to_sync = ?
  and a.label = ?
  and a.seq > cast(? as {{ type.integer }})
order by a.seq
limit {{ page_rows }}
