select
  run_id, sync, job, status, message, plan_id, {{ params_text }} as params,
  cast(planned_at as varchar) as planned_at,
  cast(settled_at as varchar) as settled_at,
  cast(failure_recorded_at as varchar) as failure_recorded_at,
  cast(rows_read as varchar) as rows_read,
  cast(unchanged as varchar) as unchanged,
  cast(to_create as varchar) as to_create,
  cast(to_update as varchar) as to_update,
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
  cast(latency_p95_ms as varchar) as latency_p95_ms,
  cast(latency_max_ms as varchar) as latency_max_ms
from {{ runs }}
where run_id = ? and sync = ?
