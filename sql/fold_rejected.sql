update {{ rejections }}
set code = f.code,
    property = f.property,
    message = f.message,
    attempts = case when {{ rejections }}.row_hash = f.row_hash then {{ rejections }}.attempts + 1 else 1 end,
    first_at = case when {{ rejections }}.row_hash = f.row_hash then {{ rejections }}.first_at else {{ now }} end,
    row_hash = f.row_hash,
    last_at = {{ now }},
    next_try_at = case when {{ rejections }}.row_hash = f.row_hash then {{ next_try_at }} else {{ first_retry_at }} end
from {{ fold }} as f
where f.fold_id = ?
  and f.outcome = 'rejected'
  and {{ rejections }}.{{ id }} = f.{{ id }}
  and {{ rejections }}.next_try_at is not null
