-- Texts that are to become options of HubSpot and are none as they are, with the number of rows that have each; the most frequent first.
{%- for column in columns %}
{%- unless forloop.first %}
union all
{%- endunless %}
select {{ column.property }} as property, value, cast(row_count as varchar) as row_count
from (
  select {{ column.text }} as value, count(*) as row_count
  from {{ rows }}
  group by 1
  having {{ column.text }} not in ({{ column.options }})
  order by row_count desc, value
  limit {{ most }}
) as counted_{{ column.alias }}
{%- endfor %}
