update {{ associations }}
set operation = null,
    in_doubt = p.in_doubt = 'true',
    code = p.code,
    message = p.message,
    attempts = {{ associations }}.attempts + 1,
    next_try_at = {{ next_try_at }}
from (
  select
    {{ pair.association_id }} as association_id,
    {{ pair.in_doubt }} as in_doubt,
    {{ pair.code }} as code,
    {{ pair.message }} as message
  from {{ pairs }}
) as p
where {{ associations }}.association_id = p.association_id and {{ associations }}.operation is not null
