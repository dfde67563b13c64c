select
  run_id,
  cast(count(case when outcome <> 'late' then 1 end) as varchar) as planned,
  cast(count(case when outcome = 'acknowledged' then 1 end) as varchar) as acknowledged,
  cast(count(case when outcome = 'rejected' then 1 end) as varchar) as rejected,
  cast(count(case when outcome = 'deferred' then 1 end) as varchar) as deferred,
  cast(count(case when outcome = 'unknown' then 1 end) as varchar) as unknown,
  cast(count(case when in_doubt then 1 end) as varchar) as in_doubt,
  cast(count(case when code = 'SAME_RECORD' then 1 end) as varchar) as same_record
from {{ fold }}
where fold_id = ?
group by run_id
