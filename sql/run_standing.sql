-- How a run of a sync stands. The time of one that has failed ends with its failure, that of another one goes on.
select
  status,
  message,
  case when failure_recorded_at is null then 'no' else 'yes' end as failed,
  {{ started_at_text }} as started_at,
  cast({{ run_ms }} as varchar) as run_ms
from {{ runs }}
where run_id = ? and sync = ?
