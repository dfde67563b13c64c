-- The last runs of a sync, the newest first; dry runs, and those that ended before their plan and say nothing of how the sync is, would only
-- push the others out.
select
  run_id,
  job,
  status,
  message,
  plan_id,
  {{ params_text }} as params,
  {{ outcome_codes_text }} as outcome_codes,
  {{ started_at_text }} as started_at,
  {{ finished_at_text }} as finished_at,
  case when failure_recorded_at is null then 'no' else 'yes' end as failed,
  case when planned_at is not null and settled_at is null then 'yes' else 'no' end as unsettled,
  cast(rows_read as varchar) as rows_read,
  cast(unchanged as varchar) as unchanged,
  cast(to_create as varchar) as to_create,
  cast(to_update as varchar) as to_update,
  cast(to_archive as varchar) as to_archive,
  cast(to_clear as varchar) as to_clear,
  cast(skipped as varchar) as skipped,
  cast(refused as varchar) as refused,
  cast(removed as varchar) as removed,
  cast(acknowledged as varchar) as acknowledged,
  cast(rejected as varchar) as rejected,
  cast(deferred as varchar) as deferred,
  cast(unknown as varchar) as unknown,
  cast(calls as varchar) as calls,
  cast(rate_limited_calls as varchar) as rate_limited_calls,
  cast(latency_p50_ms as varchar) as latency_p50_ms,
  cast(latency_p95_ms as varchar) as latency_p95_ms
from {{ runs }}
where sync = ?
  and status <> 'dry_run'
  and (planned_at is not null or not {{ says_nothing }})
order by {{ runs }}.started_at desc
limit {{ limit }}
