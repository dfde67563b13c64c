insert into {{ rejections }}
  ({{ id }}, code, property, message, row_hash, attempts, first_at, last_at, next_try_at)
with {% include "fold_outcomes" %}
select c.{{ id }}, d.code, d.property, d.message, c.row_hash, 1, {{ now }}, {{ now }}, {{ first_retry_at }}
from decided as d
join {{ changes }} as c on c.run_id = d.run_id and c.seq = d.seq
left join {{ rejections }} as r on r.{{ id }} = c.{{ id }} and r.code not in ('MISSING_ID', 'DUPLICATE_ID')
where d.rejected and not d.acknowledged and r.{{ id }} is null
