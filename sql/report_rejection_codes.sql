-- The rows that HubSpot or a guard refuses, by reason; the most frequent first.
select
  code,
  property,
  cast(count(*) as varchar) as refused_rows,
  min({{ first_at_text }}) as first_at,
  max({{ last_at_text }}) as last_at,
  min({{ next_try_at_text }}) as next_try_at
from {{ rejections }}
where cast(? as varchar) is null or code = ?
group by code, property
order by count(*) desc, code, property
limit {{ limit }}
