-- A plan's changes by operation and by how many rows of that length a call takes.
select
  operation,
  cast(rows_of_call as varchar) as rows_of_call,
  cast(count(*) as varchar) as operation_rows
from (
  select
    operation,
    cast(
      least({{ batch_size }}, greatest(1, floor(
        {{ most_bytes }} * 8 / ({{ row_bytes }} * 8 + bit_length({{ id }}) + greatest(bit_length({{ payload_text }}), bit_length({{ desired_text }})))
      ))) as {{ type.integer }}
    ) as rows_of_call
  from {{ changes }}
  where run_id = ? and operation not in ('skip', 'plan')
) as sized
group by operation, rows_of_call
order by operation, rows_of_call desc
