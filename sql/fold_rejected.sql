update {{ rejections }}
set code = n.code,
    property = n.property,
    message = n.message,
    attempts = case when {{ rejections }}.row_hash = n.row_hash then {{ rejections }}.attempts + 1 else 1 end,
    first_at = case when {{ rejections }}.row_hash = n.row_hash then {{ rejections }}.first_at else {{ now }} end,
    row_hash = n.row_hash,
    last_at = {{ now }},
    next_try_at = case when {{ rejections }}.row_hash = n.row_hash then {{ next_try_at }} else {{ first_retry_at }} end
from (
  with {% include "fold_outcomes" %}
  select c.{{ id }} as id, c.row_hash, d.code, d.property, d.message
  from decided as d
  join {{ changes }} as c on c.run_id = d.run_id and c.seq = d.seq
  where d.rejected and not d.acknowledged
) as n
where {{ rejections }}.{{ id }} = n.id and {{ rejections }}.code not in ('MISSING_ID', 'DUPLICATE_ID')
