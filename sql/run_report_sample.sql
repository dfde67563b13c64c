-- Some of a plan's changes, spread over the operations: the first of each, then the second of each, and so on.
select
  cast(seq as varchar) as seq,
  {{ id }} as id,
  operation,
  reason,
  hubspot_id,
  {{ payload_text }} as payload
from (
  select c.*, row_number() over (partition by operation order by seq) as place
  from {{ changes }} as c
  where run_id = ? and operation not in ('skip', 'plan')
) as placed
order by place, operation
limit {{ sample_rows }}
