update {{ associations }}
set operation = null,
    in_doubt = false,
    acknowledged_at = {{ now }},
    code = null,
    message = null,
    attempts = 0,
    next_try_at = null
from (
  select {{ pair.association_id }} as association_id
  from {{ pairs }}
) as p
where {{ associations }}.association_id = p.association_id and {{ associations }}.operation = 'create'
