select
  code,
  property,
  message,
  row_hash,
  cast(attempts as varchar) as attempts,
  {{ first_at_text }} as first_at,
  {{ last_at_text }} as last_at,
  {{ next_try_at_text }} as next_try_at,
  case when next_try_at <= {{ now }} then 'no' else 'yes' end as waits
from {{ rejections }}
where {{ id }} = ?
order by {{ rejections }}.last_at desc
limit 20
