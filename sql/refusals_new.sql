insert into {{ rejections }}
  ({{ id }}, code, property, message, row_hash, attempts, first_at, last_at, next_try_at)
select
  c.{{ id }},
  upper(c.reason),
  null,
  case
    when c.reason = 'missing_id' then cast(count(*) as varchar) || ' source row(s) without an id were not sent'
    else 'the id stands in several source rows; none of them was sent'
  end,
  c.row_hash,
  1,
  {{ now }},
  {{ now }},
  null
from {{ changes }} as c
left join {{ rejections }} as r
  on r.code = upper(c.reason) and r.row_hash = c.row_hash and r.{{ id }} is not distinct from c.{{ id }}
where c.run_id = ?
  and c.reason in ('missing_id', 'duplicate_id')
  and r.code is null
group by c.{{ id }}, c.reason, c.row_hash
