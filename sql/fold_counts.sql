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
  cast(count(case when outcome = 'acknowledged' then 1 end) as varchar) as acknowledged,
  cast(count(case when outcome = 'rejected' then 1 end) as varchar) as rejected,
  cast(count(case when outcome = 'deferred' then 1 end) as varchar) as deferred,
  cast(count(case when outcome = 'unknown' then 1 end) as varchar) as unknown
from planned
group by run_id
