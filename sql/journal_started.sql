select cast(count(*) as varchar) as attempts
from {{ journal }}
where run_id = ? and batch_number = cast(? as {{ type.integer }}) and kind = 'start'
