select operation, cast(count(*) as varchar) as operation_rows
from {{ changes }}
where run_id = ? and operation not in ('skip', 'plan')
group by operation
order by operation
