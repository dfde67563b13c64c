{% if sharing -%}
-- What is to stay between records, so that a removal takes nothing of it away.
with staying as (
  select label, from_hubspot_id, to_hubspot_id
  from {{ associations }}
  where to_object_type = {{ to_object_type }}
    and (operation = 'create' or (operation is null and (acknowledged_at is not null or in_doubt)))
)
{% endif -%}
select
  cast(a.seq as varchar) as seq,
  a.association_id,
  a.from_hubspot_id,
  a.to_hubspot_id,
  a.category,
  a.type_id,
  cast(a.in_doubt as varchar) as in_doubt
  {%- if sharing %},
  cast(kept.from_hubspot_id is not null as varchar) as is_shared,
  cast(back.label is not null as varchar) as is_said_back
  {%- endif %}
from {{ associations }} as a
{%- if sharing %}
left join (
  select from_hubspot_id, to_hubspot_id from staying
  {%- if same_type %}
  union
  select to_hubspot_id, from_hubspot_id from staying
  {%- else %}
  group by from_hubspot_id, to_hubspot_id
  {%- endif %}
) as kept on kept.from_hubspot_id = a.from_hubspot_id and kept.to_hubspot_id = a.to_hubspot_id
-- HubSpot keeps one association for both directions, so between records of one type either may say it.
left join (
  select distinct label, from_hubspot_id, to_hubspot_id from staying {% unless same_type %}where false{% endunless %}
) as back on back.label = a.label and back.from_hubspot_id = a.to_hubspot_id and back.to_hubspot_id = a.from_hubspot_id
{%- endif %}
where a.run_id = ?
  and a.operation = ?
  and a.to_sync = ?
  and a.label = ?
  and a.seq > cast(? as {{ type.integer }})
order by a.seq
limit {{ page_rows }}
