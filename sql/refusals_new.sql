insert into {{ rejections }}
  ({{ id }}, code, property, message, row_hash, attempts, first_at, last_at, next_try_at)
select
  c.{{ id }},
  upper(c.reason),
  c.property,
  case
    when c.reason = 'missing_id' then cast(count(*) as varchar) || ' source row(s) without an id were not sent'
    when c.reason = 'duplicate_id' then 'the id stands in several source rows; none of them was sent'
    when c.reason = 'control_character' then 'a control character other than tab and line break; the row was not sent'
    when c.reason = 'invalid_date' then 'a date or time outside the years 1 to 9999; the row was not sent'
    when c.reason = 'invalid_integer' then 'no number, or one of more than 20 digits before the point; the row was not sent'
    else 'more than {{ longest_text }} characters; the row was not sent'
  end,
  c.row_hash,
  1,
  {{ now }},
  {{ now }},
  null
from {{ changes }} as c
left join {{ rejections }} as r
  on r.next_try_at is null and r.code = upper(c.reason) and r.row_hash = c.row_hash and r.{{ id }} is not distinct from c.{{ id }}
where c.run_id = ?
  and {{ is_refused }}
  and r.code is null
group by c.{{ id }}, c.reason, c.property, c.row_hash
