insert into {{ rejections }}
  ({{ id }}, code, property, message, row_hash, attempts, first_at, last_at, next_try_at)
select f.{{ id }}, f.code, f.property, f.message, f.row_hash, 1, {{ now }}, {{ now }}, {{ first_retry_at }}
from {{ fold }} as f
left join {{ rejections }} as r on r.{{ id }} = f.{{ id }} and r.next_try_at is not null
where f.fold_id = ? and f.outcome = 'rejected' and r.{{ id }} is null
