-- How many rows the last plan that went through left out for a list that has no id now; 0 for a list that has one.
select cast(count(*) as varchar) as lifted
from {{ changes }}
where reason = 'suppressed'
  and run_id = (
    select run_id
    from {{ runs }}
    where sync = ? and run_id <> ? and planned_at is not null and status not in ('held', 'dry_run')
    order by planned_at desc
    limit 1
  )
  and not exists (select 1 from {{ suppressions }} where {{ suppressed_id }} is not null)
