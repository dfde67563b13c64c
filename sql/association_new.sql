-- Written down before it is sent: what a crash leaves behind is known, and is taken back when the source has changed meanwhile.
insert into {{ associations }}
  (association_id, to_sync, to_object_type, label, from_id, to_id, from_hubspot_id, to_hubspot_id, operation, seq, in_doubt, run_id, attempts)
with {% include "association_diff" %},
run as (select cast(? as varchar) as run_id),
numbered as (select coalesce(max(seq), 0) as last_seq from {{ associations }} where operation is not null)
select
  association_id, to_sync, to_object_type, label, from_id, to_id, from_hubspot_id, to_hubspot_id,
  'create',
  last_seq + row_number() over (order by to_sync, label, from_id, to_id),
  false,
  run.run_id,
  0
from differences
cross join run
cross join numbered
where action = 'create'
