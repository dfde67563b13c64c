with {% include "fold_outcomes" %},
planned as (
  select
    c.run_id,
    case
      when d.acknowledged and not d.rejected then 'acknowledged'
      when d.rejected and not d.acknowledged then 'rejected'
      when q.seq is not null then 'unknown'
      else 'deferred'
    end as outcome
  from {{ changes }} as c
  join {{ runs }} as r on r.run_id = c.run_id and r.settled_at is null
  join fold on r.sync = fold.sync
  left join decided as d on d.run_id = c.run_id and d.seq = c.seq
  left join doubtful as q on q.run_id = c.run_id and q.seq = c.seq
  where c.operation not in ('skip', 'plan')
)
select
  run_id,
  cast(count(*) as varchar) as planned,
  cast(count_if(outcome = 'acknowledged') as varchar) as acknowledged,
  cast(count_if(outcome = 'rejected') as varchar) as rejected,
  cast(count_if(outcome = 'deferred') as varchar) as deferred,
  cast(count_if(outcome = 'unknown') as varchar) as unknown
from planned
group by run_id
