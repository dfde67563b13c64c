-- Associations by source id: all of one row, or those that HubSpot refused or that are in doubt.
select
  from_id,
  to_sync,
  to_id,
  label,
  operation,
  cast(in_doubt as varchar) as in_doubt,
  code,
  message,
  cast(attempts as varchar) as attempts,
  {{ acknowledged_at_text }} as acknowledged_at,
  {{ next_try_at_text }} as next_try_at,
  cast(count(*) over () as varchar) as total
from {{ associations }}
{%- if of_row %}
where from_id = ?
{%- else %}
where (code is not null or in_doubt) and (cast(? as varchar) is null or code = ?)
{%- endif %}
order by from_id, to_sync, label, to_id
limit {{ limit }}
