-- Writes down what is owed for the associations that are known already.
update {{ associations }}
set operation = case when d.action = 'remove' then 'remove' else 'create' end,
    acknowledged_at = case when d.action = 'remove' then {{ associations }}.acknowledged_at end,
    in_doubt = {{ associations }}.in_doubt or {{ associations }}.acknowledged_at is not null,
    run_id = d.run_id,
    seq = d.seq
from (
  with {% include "association_diff" %},
  run as (select cast(? as varchar) as run_id)
  select association_id, action, run.run_id, row_number() over (order by to_sync, label, from_id, to_id) as seq
  from differences
  cross join run
  where action in ('remove', 'again')
) as d
where {{ associations }}.association_id = d.association_id
