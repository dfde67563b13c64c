-- Refused rows, those that were refused last first.
select
  {{ id }} as id,
  code,
  property,
  message,
  cast(attempts as varchar) as attempts,
  {{ first_at_text }} as first_at,
  {{ last_at_text }} as last_at,
  {{ next_try_at_text }} as next_try_at
from {{ rejections }}
where cast(? as varchar) is null or code = ?
order by {{ rejections }}.last_at desc, code, id
limit {{ limit }}
